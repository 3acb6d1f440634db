//! Where the nodes of a file begin and end, so that a comment can mean the one that follows.
//!
//! ```text
//! // toecap: allow(x)
//! tokio::select! {
//!     // toecap: allow(x)                   an arm
//!     line = reader.read_line() => ..
//! ```

use std::ops::Range;

use toecap_ir::{Body, Expr, FileIr, MacroArgs, Span, Stmt};

use super::trivia;

/// Ranges of items, statements, arms and expressions.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    /// By start (attributes not counted), then by end.
    starts: Vec<(u32, u32)>,
    /// What `#![..]` may stand in.
    scopes: Vec<Span>,
}

impl Nodes {
    pub(super) fn of(ir: &FileIr, text: &str) -> Nodes {
        let mut nodes = Nodes::default();
        for (_, item) in ir.items.iter().filter(|(_, item)| !item.span.is_expanded()) {
            nodes.add(text, item.span);
            nodes.scopes.push(item.span);
        }
        for (_, body) in ir.bodies.iter() {
            nodes.body(&body.get(), text);
        }
        nodes.starts.sort_unstable();
        nodes.starts.dedup();
        nodes
    }

    /// The node that follows `at`; where none begins there (inside a macro, say), the line of code that follows.
    pub(super) fn after(&self, text: &str, at: u32) -> Range<u32> {
        let start = trivia::skip(text, at);
        let line = trivia::line_around(text, start);
        let first = self.starts.partition_point(|(lo, _)| *lo < start);
        let candidates = &self.starts[first..];
        let Some((nearest, _)) = candidates.first().filter(|(lo, _)| *lo < line.end.max(start + 1)) else {
            return start..line.end;
        };
        let longest = candidates.iter().take_while(|(lo, _)| lo == nearest).map(|(_, hi)| *hi).max();
        start..longest.unwrap_or(line.end)
    }

    /// The smallest item or block around `span`; none at the top of the file.
    pub(super) fn around(&self, span: Span) -> Option<Range<u32>> {
        let around = self.scopes.iter().filter(|scope| scope.contains(span) && **scope != span);
        around.min_by_key(|scope| scope.len()).map(|scope| scope.lo()..scope.hi())
    }

    fn body(&mut self, body: &Body, text: &str) {
        for (id, expr) in body.exprs.iter() {
            let span = body.span(id);
            if span.is_expanded() {
                continue;
            }
            self.add(text, span);
            self.parts(expr, span, body, text);
        }
    }

    /// What begins within an expression without being one.
    fn parts(&mut self, expr: &Expr, span: Span, body: &Body, text: &str) {
        match expr {
            Expr::Block(block) => {
                self.scopes.push(span);
                for stmt in &block.stmts {
                    let (Stmt::Let { span, .. } | Stmt::Expr { span, .. }) = stmt;
                    self.add(text, *span);
                }
            }
            // `.read().await` on a line of its own
            Expr::MethodCall(call) => self.add(text, Span::new(call.name_span.lo(), span.hi())),
            Expr::Field { name_span, .. } => self.add(text, Span::new(name_span.lo(), span.hi())),
            Expr::Await { await_span, .. } => self.add(text, Span::new(await_span.lo(), span.hi())),
            Expr::Match { arms, .. } => {
                for arm in arms {
                    self.add(text, body.pat_span(arm.pat).to(body.span(arm.body)));
                }
            }
            Expr::MacroCall(call) => {
                if let MacroArgs::Select(select) = &call.parsed {
                    for arm in &select.arms {
                        self.add(text, arm.span);
                    }
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, text: &str, span: Span) {
        if span.is_empty() {
            return;
        }
        let has_attributes = text.as_bytes().get(span.lo() as usize) == Some(&b'#');
        let start = if has_attributes { trivia::skip(text, span.lo()) } else { span.lo() };
        self.starts.push((start, span.hi()));
    }
}
