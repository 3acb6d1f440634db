//! Macro calls where types stand.
//!
//! ```text
//! struct Call { comma: Token![,] }      $crate::token::Comma
//! ```

use std::sync::Arc;

use toecap_ir::{MacroInput, Name, Origin, SourceText, TypeMacro};

use crate::Ty;
use crate::lower_ty::Lowerer;

/// Total text of the macros in one type. How deep they nest is limited as for all types.
const MAX_EXPANDED_BYTES: usize = 1 << 16;

impl Lowerer<'_> {
    pub(crate) fn macro_ty(&mut self, call: &TypeMacro) -> Ty {
        let Some(made) = self.expand(call) else { return Ty::unknown() };
        self.expanded_bytes += made.text.len();
        if self.expanded_bytes > MAX_EXPANDED_BYTES {
            return Ty::unknown();
        }
        let ty = self.world.syntax().lower_type(&made);
        // Its `impl Trait`s are no parameters: these are counted as written.
        let impl_params = self.impl_params.take();
        let lowered = self.ty(&ty);
        self.impl_params = impl_params;
        lowered
    }

    fn expand(&self, call: &TypeMacro) -> Option<SourceText> {
        let names: Vec<Name> = call.path.names().collect();
        let id = self.names.find_macro(self.module, None, &names, call.path.global)?;
        let origin = Origin { tokens: Vec::new(), call: call.span };
        let source = SourceText { text: (&*call.args).into(), origin: Some(Arc::new(origin)) };
        let args = (0, call.args.len() as u32);
        let input = MacroInput { source: &source, args, delimiter: call.delimiter, call: call.span };
        self.world.expand(id, &input)
    }
}
