//! `use` trees, flattened.
//!
//! ```text
//! use std::io::{self, Read as _};   [std::io as io (types only), std::io::Read as _]
//! ```

use syn::UseTree;
use toecap_ir::{Import, ImportKind, Name, Span, sym};

use super::Lowerer;

impl Lowerer<'_> {
    pub(crate) fn imports(&self, item: &syn::ItemUse) -> Box<[Import]> {
        let mut out = Vec::new();
        self.leaves(&item.tree, item.leading_colon.is_some(), &mut Vec::new(), &mut out);
        out.into()
    }

    fn leaves(&self, tree: &UseTree, global: bool, prefix: &mut Vec<Name>, out: &mut Vec<Import>) {
        match tree {
            UseTree::Path(tree) => {
                prefix.push(self.name(&tree.ident));
                self.leaves(&tree.tree, global, prefix, out);
                prefix.pop();
            }
            UseTree::Name(tree) => {
                let (name, span) = self.ident(&tree.ident);
                out.push(named(global, prefix, name, name, span));
            }
            UseTree::Rename(tree) => {
                let (name, span) = self.ident(&tree.ident);
                let (alias, end) = if tree.rename == "_" {
                    (sym::UNDERSCORE, self.span(tree.rename.span()))
                } else {
                    self.ident(&tree.rename)
                };
                out.push(named(global, prefix, name, alias, span.to(end)));
            }
            UseTree::Glob(tree) => {
                let span = self.token(tree.star_token.span, 1);
                out.push(Import { global, path: (&**prefix).into(), kind: ImportKind::Glob, span });
            }
            UseTree::Group(tree) => {
                for tree in &tree.items {
                    self.leaves(tree, global, prefix, out);
                }
            }
        }
    }
}

fn named(global: bool, prefix: &[Name], name: Name, alias: Name, span: Span) -> Import {
    if name == sym::SELF_VALUE && !prefix.is_empty() {
        let alias = if alias == sym::SELF_VALUE { prefix[prefix.len() - 1] } else { alias };
        let kind = ImportKind::Named { alias, only_type: true };
        return Import { global, path: prefix.into(), kind, span };
    }
    let path = prefix.iter().copied().chain([name]).collect();
    Import { global, path, kind: ImportKind::Named { alias, only_type: false }, span }
}
