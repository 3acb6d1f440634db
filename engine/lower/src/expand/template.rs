//! The right side of a rule.
//!
//! ```text
//! { $( let $name = $crate::get($value); )* }    Tokens({) Repeat([Tokens(let) Var(name) … ]) Tokens(})
//! ```

use super::matcher::{MAX_REPETITIONS, Tail, Var};
use super::tokens::{Buffer, TokKind};
use crate::docs::mentions_cancel;

/// A part of the right side. Ranges are of the definition's tokens.
#[derive(Debug)]
pub(super) enum Node {
    Tokens(usize, usize),
    Var(usize),
    /// `$crate`
    Crate,
    /// `$( .. ) sep *`; `vars` are those that are used within.
    Repeat {
        nodes: Vec<Node>,
        separator: Option<usize>,
        vars: Vec<usize>,
    },
    /// `${count(x)}`
    Count(usize),
    /// `${index(depth)}`
    Index(usize),
    /// `${len(depth)}`
    Len(usize),
    /// `${concat(a, $b)}`
    Concat(Vec<Part>),
    /// `${ignore(x)}`
    Nothing,
}

/// A part of a joined name.
#[derive(Debug)]
pub(super) enum Part {
    Token(usize),
    Var(usize),
}

/// Reads the tokens `lo..hi` of a definition; none when they mean nothing.
pub(super) fn parse(rules: &Buffer, vars: &[Var], lo: usize, hi: usize) -> Option<Vec<Node>> {
    Parser { rules, vars, used: Vec::new(), macro_args_end: 0, depth: 0 }.nodes(lo, hi)
}

struct Parser<'p> {
    rules: &'p Buffer,
    vars: &'p [Var],
    /// Metavariables seen so far, of the repetitions around too.
    used: Vec<usize>,
    /// Up to here tokens are arguments of a macro, which may match documentation.
    macro_args_end: usize,
    depth: u32,
}

impl Parser<'_> {
    fn nodes(&mut self, lo: usize, hi: usize) -> Option<Vec<Node>> {
        let mut nodes = Vec::new();
        let mut at = lo;
        // Start of the tokens that are copied as they are.
        let mut plain = lo;
        while at < hi {
            let (node, end) = if let Some(end) = self.documentation(at) {
                (Node::Nothing, end)
            } else if self.rules.is_punct(at, b'$')
                && let Some(found) = self.dollar(at)?
            {
                found
            } else {
                at += 1;
                if self.rules.is_macro_args(at - 1)
                    && let Some(end) = self.rules.tree_end(at - 1)
                {
                    self.macro_args_end = self.macro_args_end.max(end);
                }
                continue;
            };
            if plain < at {
                nodes.push(Node::Tokens(plain, at));
            }
            nodes.push(node);
            at = end;
            plain = end;
        }
        if plain < hi {
            nodes.push(Node::Tokens(plain, hi));
        }
        Some(nodes)
    }

    /// Behind a documentation attribute that says nothing of interest.
    fn documentation(&self, at: usize) -> Option<usize> {
        let rules = self.rules;
        if at < self.macro_args_end {
            return None;
        }
        if !rules.is_punct(at, b'#') || !rules.is_group(at + 1, b'[') {
            return None;
        }
        if !rules.is_ident(at + 2, "doc") || rules.operator(at + 3) != "=" {
            return None;
        }
        let end = rules.tree_end(at + 1)?;
        let matters = (at + 4..end).any(|i| rules.is_punct(i, b'$') || mentions_cancel(rules.text(i)));
        (!matters).then_some(end)
    }

    /// What a dollar sign means and where that ends; the inner none when it is one like any other token.
    fn dollar(&mut self, at: usize) -> Option<Option<(Node, usize)>> {
        let rules = self.rules;
        let next = at + 1;
        if rules.kind(next) == Some(TokKind::Ident) {
            if rules.text(next) == "crate" {
                return Some(Some((Node::Crate, at + 2)));
            }
            return Some(self.var(next).map(|var| (Node::Var(var), at + 2)));
        }
        if rules.is_punct(next, b'$') {
            return Some(Some((Node::Tokens(next, next + 1), at + 2)));
        }
        if rules.is_group(next, b'{') {
            return Some(self.expression(next));
        }
        if rules.is_group(next, b'(') { self.repetition(next) } else { Some(None) }
    }

    fn var(&mut self, at: usize) -> Option<usize> {
        let name = self.rules.text(at);
        let index = self.vars.iter().position(|var| var.name == name)?;
        self.used.push(index);
        Some(index)
    }

    fn repetition(&mut self, open: usize) -> Option<Option<(Node, usize)>> {
        if self.depth >= MAX_REPETITIONS {
            return None;
        }
        let close = self.rules.tokens[open].pair as usize;
        let Some(tail) = Tail::parse(self.rules, close + 1) else { return Some(None) };
        let first = self.used.len();
        self.depth += 1;
        let nodes = self.nodes(open + 1, close)?;
        self.depth -= 1;
        let mut vars = self.used[first..].to_vec();
        vars.sort_unstable();
        vars.dedup();
        if vars.is_empty() {
            // A repetition of a macro that this one defines.
            return Some(None);
        }
        Some(Some((Node::Repeat { nodes, separator: tail.separator, vars }, tail.end)))
    }

    /// `{count(x)}` and the like.
    fn expression(&mut self, open: usize) -> Option<(Node, usize)> {
        let rules = self.rules;
        let end = rules.tree_end(open)?;
        if rules.kind(open + 1) != Some(TokKind::Ident) || !rules.is_group(open + 2, b'(') {
            return None;
        }
        let (lo, hi) = (open + 3, rules.tokens[open + 2].pair as usize);
        let named = if rules.is_punct(lo, b'$') { lo + 1 } else { lo };
        let depth = if lo < hi { rules.text(lo).parse().unwrap_or(0) } else { 0 };
        let node = match rules.text(open + 1) {
            "count" => Node::Count(self.var(named)?),
            "ignore" => {
                self.var(named)?;
                Node::Nothing
            }
            "index" => Node::Index(depth),
            "len" | "length" => Node::Len(depth),
            "concat" => Node::Concat(self.parts(lo, hi)?),
            _ => return None,
        };
        Some((node, end))
    }

    fn parts(&mut self, lo: usize, hi: usize) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        let mut at = lo;
        while at < hi {
            if self.rules.is_punct(at, b'$') {
                parts.push(Part::Var(self.var(at + 1)?));
                at += 1;
            } else if !self.rules.is_punct(at, b',') {
                parts.push(Part::Token(at));
            }
            at += 1;
        }
        Some(parts)
    }
}
