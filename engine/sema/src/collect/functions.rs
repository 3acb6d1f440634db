//! Functions, and what is declared in their blocks.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use toecap_ir::{Attrs, BodyId, BodySource, Expr, ExprId, FnHead, LazyFn, Span, sym};

use super::made::Calls;
use super::{Collector, Textual, written_params};
use crate::{Container, FnData, FnId, GenericsId, GenericsOwner, ItemLoc, ModuleData, ParamData, ParamKind};

impl Collector<'_> {
    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own about the function")]
    pub(super) fn function(
        &mut self,
        module: u32,
        loc: ItemLoc,
        item: &LazyFn,
        container: Container,
        parent: Option<GenericsId>,
        textual: &Textual,
        in_test: bool,
    ) -> FnId {
        let id = FnId { krate: self.id(), index: self.defs.fns.len() as u32 };
        let head = item.head();
        let FnHead { params, impl_traits, body } = &*head;
        let mut params = written_params(params);
        params.extend((0..*impl_traits).map(|n| ParamData { name: sym::EMPTY, kind: ParamKind::ImplTrait(n) }));
        let generics = self.add_generics(parent, GenericsOwner::Fn(id), module, loc, params);
        let ir = self.defs.files[loc.file as usize].ir.clone();
        let data = &ir.items[loc.item];
        let in_test = in_test || is_test_attr(&data.attrs);
        self.defs.fns.push(FnData {
            name: data.name,
            module: self.module_id(module),
            container,
            generics,
            loc,
            in_test,
            sig: OnceLock::new(),
        });
        if self.doubtful || self.is_doubtful(&data.attrs) {
            self.doubtful_fns.insert(id.index);
        }
        if let BodySource::Lowered(body) = body {
            self.block_items(module, loc.file, *body, Some(generics), textual, in_test);
        }
        id
    }

    /// Scopes for the blocks of a body that declare items.
    pub(super) fn block_items(
        &mut self,
        module: u32,
        file: u32,
        body: BodyId,
        generics: Option<GenericsId>,
        textual: &Textual,
        in_test: bool,
    ) {
        let ir = self.defs.files[file as usize].ir.clone();
        let head = ir.bodies[body].head();
        if !head.has_macros && !head.has_items {
            return;
        }
        let data = ir.bodies[body].get();
        self.note_calls(Calls { module, file, body, generics, in_test }, &data);
        let mut blocks: Vec<(Span, ExprId)> = data
            .exprs
            .iter()
            .filter(|(_, e)| matches!(e, Expr::Block(b) if !b.items.is_empty()))
            .map(|(id, _)| (data.span(id), id))
            .collect();
        if blocks.is_empty() {
            return;
        }
        // Outer blocks first, so that an inner one finds its parent's scope.
        blocks.sort_by_key(|(span, _)| (span.lo(), std::cmp::Reverse(span.hi())));
        let mut open: Vec<(Span, u32, Textual)> = Vec::new();
        for (span, expr) in blocks {
            open.retain(|(outer, ..)| outer.contains(span));
            let (parent, outer) = open.last().map_or((module, textual.clone()), |(_, m, t)| (*m, t.clone()));
            let place = self.defs.modules[parent as usize].place.clone();
            let block = self.add_module(ModuleData {
                name: sym::EMPTY,
                parent: Some(parent),
                is_block: true,
                file,
                items: FxHashMap::default(),
                imports: Vec::new(),
                named: FxHashMap::default(),
                globs: Vec::new(),
                textual: outer.clone(),
                in_test,
                generics,
                place,
                traits: OnceLock::new(),
            });
            self.defs.block_modules.insert((file, body, expr), self.module_id(block));
            let mut inner = outer;
            if let Expr::Block(b) = &data[expr] {
                self.items(block, file, &b.items, &mut inner, in_test);
            }
            self.defs.modules[block as usize].textual = inner.clone();
            open.push((span, block, inner));
        }
    }
}

/// `#[test]`, `#[tokio::test]`, `#[rstest]`, `#[bench]` …
fn is_test_attr(attrs: &Attrs) -> bool {
    attrs.list.iter().any(|a| {
        a.path.last().is_some_and(|n| {
            matches!(n.as_str(), "test" | "bench" | "rstest" | "test_case" | "proptest" | "quickcheck" | "test_log")
                || n.as_str().ends_with("_test")
        })
    })
}
