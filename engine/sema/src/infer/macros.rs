//! Macro calls in bodies: the ones with a grammar of their own, and expansion of all others.

use toecap_ir::{Expr, ExprId, MacroArgs, MacroCall, Mutability, Name, Select};

use super::{Infer, MacroKind};
use crate::lower_ty::str_ref;
use crate::names::Names;
use crate::{CrateId, Def, FutureOrigin, MacroId, Ns, Prim, Ty, TyKind};

impl Infer<'_> {
    pub(super) fn macro_call(&mut self, id: ExprId, call: &MacroCall, expected: Ty) -> Ty {
        let Some(name) = call.path.last_name() else { return Ty::unknown() };
        let names: Vec<Name> = call.path.names().collect();
        let found = self.names.find_macro(self.module, None, &names, call.path.global);
        if let Some(ty) = found.and_then(|found| self.literal_of_tokens(found, call)) {
            self.macros.insert(id, MacroKind::Values);
            return ty;
        }
        if let Some(found) = found
            && !self.has_grammar(found)
            && let Some(expansion) = self.expand(id, found, call)
        {
            let ty = self.expanded(&expansion, expected);
            self.body.grow().exprs[id] = Expr::Expanded(Box::new(expansion));
            return ty;
        }
        let by_grammar = found.is_none_or(|found| self.has_grammar(found));
        if by_grammar && matches!(name.as_str(), "write" | "writeln") && self.becomes_write_fmt(id, call) {
            return self.formatted_write(id, expected);
        }
        let aliases = self.names.aliases();
        if let Some(found) = found.filter(|found| self.world.input(found.krate).name == "tracing") {
            // `info!(user = display(&user))`: where values stand, the macros bring these in.
            for name in ["display", "debug"].map(Name::new) {
                let home = Name::new(&format!("$crate:{}", found.krate.0));
                self.names.add_alias_of(self.module, name, &[home, Name::new("field"), name]);
            }
        }
        let ty = self.by_grammar(id, call, name, expected, by_grammar);
        self.names.forget_aliases(aliases);
        ty
    }

    /// The type of a value that is written as it looks: `json!({ .. })` of serde_json, `quote!(..)`. Expanded, such a macro takes as many
    /// steps as it has tokens, each as long as what is left.
    fn literal_of_tokens(&mut self, found: MacroId, call: &MacroCall) -> Option<Ty> {
        let (krate, name) = match (self.world.input(found.krate).name.as_str(), self.macro_name(found)?.as_str()) {
            ("serde_json", "json") if matches!(call.parsed, MacroArgs::Exprs(_)) => (Some(found.krate), "Value"),
            ("quote", "quote") => (self.world.extern_crate(found.krate, Name::new("proc_macro2")), "TokenStream"),
            _ => return None,
        };
        self.values(&call.parsed);
        Some(krate.map_or(Ty::unknown(), |krate| self.public_ty(krate, &[name])))
    }

    /// Infers all arguments; their types.
    fn values(&mut self, args: &MacroArgs) -> Vec<Ty> {
        match args {
            MacroArgs::Exprs(args) => args.iter().map(|a| self.expr(a.value, Ty::unknown())).collect(),
            MacroArgs::Repeat(value, count) => {
                let ty = self.expr(*value, Ty::unknown());
                self.expr(*count, Ty::prim(Prim::Usize));
                vec![ty]
            }
            MacroArgs::Matches { value, pat, guard } => {
                let ty = self.expr(*value, Ty::unknown());
                self.select_pending();
                self.scopes.push(Vec::new());
                self.pat(*pat, ty, None);
                if let Some(guard) = guard {
                    self.expr(*guard, Ty::bool());
                }
                self.scopes.pop();
                Vec::new()
            }
            MacroArgs::Block(block) => {
                self.returns.push(Ty::unknown());
                self.scopes.push(Vec::new());
                self.stmts(&block.stmts, block.tail, Ty::unknown());
                self.scopes.pop();
                self.returns.pop();
                Vec::new()
            }
            MacroArgs::Select(select) => {
                self.select_macro(select, Ty::unknown());
                Vec::new()
            }
            MacroArgs::Opaque(_) | MacroArgs::NoValues => Vec::new(),
        }
    }

    fn by_grammar(&mut self, id: ExprId, call: &MacroCall, name: Name, expected: Ty, known: bool) -> Ty {
        use MacroKind as K;
        let mut kind = K::Values;
        let ty = match name.as_str() {
            _ if !known => {
                kind = K::Opaque;
                self.values(&call.parsed);
                Ty::unknown()
            }
            "select" | "select_biased" if matches!(call.parsed, MacroArgs::Select(_)) => {
                kind = K::Select;
                let MacroArgs::Select(select) = &call.parsed else { return Ty::unknown() };
                self.select_macro(select, expected)
            }
            "join" | "try_join" => {
                kind = if name == "join" { K::Join } else { K::TryJoin };
                self.join_macro(call, name == "try_join")
            }
            "pin" | "pin_mut" => {
                kind = K::Pin;
                self.pin_macro(call, name == "pin_mut" || call.path.segments.first().is_some_and(|s| s.name != "std"))
            }
            "stream" | "try_stream" => {
                kind = K::Stream;
                self.stream_macro(call, name == "try_stream")
            }
            "ready" => {
                kind = K::Ready;
                self.simple_macro(call, name).unwrap_or(Ty::unknown())
            }
            "panic" | "unreachable" | "todo" | "unimplemented" | "bail" | "compile_error" => {
                kind = K::Diverges;
                self.values(&call.parsed);
                Ty::never()
            }
            "vec" => self.vec_macro(call, expected),
            _ => match self.simple_macro(call, name) {
                Some(ty) => ty,
                None => {
                    kind = K::Opaque;
                    Ty::unknown()
                }
            },
        };
        self.macros.insert(id, kind);
        ty
    }

    /// Macros that evaluate their arguments and have a type of their own.
    fn simple_macro(&mut self, call: &MacroCall, name: Name) -> Option<Ty> {
        let tys = self.values(&call.parsed);
        let first = tys.first().copied();
        Some(match name.as_str() {
            "format" => Ty::adt(self.lang.string?, &[]),
            "print" | "println" | "eprint" | "eprintln" | "assert" | "assert_eq" | "assert_ne" | "debug_assert"
            | "debug_assert_eq" | "debug_assert_ne" | "trace" | "debug" | "info" | "warn" | "error" | "event"
            | "log" | "ensure" => Ty::unit(),
            "span" | "trace_span" | "debug_span" | "info_span" | "warn_span" | "error_span" => {
                self.crate_ty("tracing", &["Span"])
            }
            "anyhow" | "format_err" => self.crate_ty("anyhow", &["Error"]),
            "eyre" => self.crate_ty("eyre", &["Report"]),
            "write" | "writeln" => {
                let result = self.lang.result?;
                let error = self.fresh();
                Ty::adt(result, &[Ty::unit(), error])
            }
            "format_args" => self.lang.arguments.map_or(Ty::unknown(), |adt| Ty::adt(adt, &[])),
            "matches" | "cfg" | "enabled" | "is_x86_feature_detected" => Ty::bool(),
            "dbg" if tys.len() != 1 => Ty::tuple(&tys),
            "dbg" => first?,
            "concat" | "stringify" | "env" | "include_str" | "file" | "module_path" => str_ref(),
            "line" | "column" => Ty::prim(Prim::U32),
            "option_env" => Ty::adt(self.lang.option?, &[str_ref()]),
            "include_bytes" => Ty::prim(Prim::U8).array(None).reference(Mutability::Shared),
            "ready" => {
                let (_, args) = self.norm(first?).as_adt()?;
                args.first().copied().unwrap_or(Ty::unknown())
            }
            "poll" => {
                self.select_pending();
                let future = self.future_behind(first?);
                let output = self.await_output(future).unwrap_or(Ty::unknown());
                Ty::adt(self.lang.poll?, &[output])
            }
            "pending" => Ty::unit(),
            "json" => self.crate_ty("serde_json", &["Value"]),
            "addr_of" => Ty::new(TyKind::Ptr(first?, Mutability::Shared)),
            "addr_of_mut" => Ty::new(TyKind::Ptr(first?, Mutability::Mut)),
            _ => return None,
        })
    }

    /// A type of a crate that the code at hand can name.
    fn crate_ty(&mut self, krate: &str, path: &[&str]) -> Ty {
        let id = self.world.extern_crate(self.module.krate, Name::new(krate));
        id.map_or(Ty::unknown(), |id| self.public_ty(id, path))
    }

    fn public_ty(&mut self, id: CrateId, path: &[&str]) -> Ty {
        let path: Vec<Name> = path.iter().map(|p| Name::new(p)).collect();
        match Names::new(self.world).public_path(id, &path, Ns::Types) {
            Some(Def::Adt(adt)) => Ty::adt(adt, &[]),
            _ => Ty::unknown(),
        }
    }

    fn vec_macro(&mut self, call: &MacroCall, expected: Ty) -> Ty {
        let mut element = self.fresh();
        if let Some((adt, args)) = self.norm(expected).as_adt()
            && Some(adt) == self.lang.vec
            && let Some(wanted) = args.first()
        {
            self.try_unify(element, *wanted);
        }
        match &call.parsed {
            MacroArgs::Repeat(value, count) => {
                let found = self.expr(*value, element);
                self.coerce(found, element);
                self.expr(*count, Ty::prim(Prim::Usize));
            }
            MacroArgs::Exprs(args) => {
                for arg in args {
                    let found = self.expr(arg.value, element);
                    element = self.join(element, found);
                }
            }
            other => {
                self.values(other);
            }
        }
        let Some(adt) = self.lang.vec else { return Ty::unknown() };
        let generics = self.world.adt(adt).generics;
        let allocator = self.world.param_default(generics, 1).unwrap_or(Ty::unknown());
        Ty::adt(adt, &[element, allocator])
    }

    fn join_macro(&mut self, call: &MacroCall, fallible: bool) -> Ty {
        let tys = self.values(&call.parsed);
        self.select_pending();
        let error = self.fresh();
        let mut outputs = Vec::new();
        for ty in tys {
            let output = self.await_output(ty).unwrap_or(Ty::unknown());
            if fallible && let Some((_, [_, own])) = self.norm(output).as_adt() {
                self.try_unify(error, *own);
            }
            outputs.push(if fallible { self.try_output(output) } else { output });
        }
        let all = Ty::tuple(&outputs);
        match (fallible, self.lang.result) {
            (false, _) => all,
            (true, Some(result)) => Ty::adt(result, &[all, error]),
            (true, None) => Ty::unknown(),
        }
    }

    /// `stream! { yield a; }` of `async-stream`
    fn stream_macro(&mut self, call: &MacroCall, fallible: bool) -> Ty {
        let item = self.fresh();
        self.yields.push(item);
        self.values(&call.parsed);
        self.yields.pop();
        let item = match (fallible, self.lang.result) {
            (true, Some(result)) => Ty::adt(result, &[item, self.fresh()]),
            (true, None) => Ty::unknown(),
            (false, _) => item,
        };
        let generator = Ty::new(TyKind::Future(Ty::unit(), FutureOrigin::Block));
        match self.crate_ty("async_stream", &["__private", "AsyncStream"]).as_adt() {
            Some((adt, _)) => Ty::adt(adt, &[item, generator]),
            None => Ty::unknown(),
        }
    }

    fn pin_macro(&mut self, call: &MacroCall, rebinds: bool) -> Ty {
        let pinned = |infer: &Self, ty: Ty| {
            infer.lang.pin.map_or(Ty::unknown(), |pin| Ty::adt(pin, &[ty.reference(Mutability::Mut)]))
        };
        match &call.parsed {
            MacroArgs::Exprs(args) => {
                let mut last = Ty::unknown();
                for arg in args {
                    let ty = self.expr(arg.value, Ty::unknown());
                    last = pinned(self, ty);
                    // `pin!(x);` shadows `x` by its pinned reference.
                    if rebinds
                        && let Expr::Path(path) = &self.body.exprs[arg.value]
                        && let Some(name) = path.as_ident()
                    {
                        self.declare(name, None, last);
                    }
                }
                last
            }
            MacroArgs::Block(block) => {
                for stmt in &block.stmts {
                    if let toecap_ir::Stmt::Let { pat, init: Some(init), .. } = stmt {
                        let ty = self.expr(*init, Ty::unknown());
                        let ty = pinned(self, ty);
                        self.pat(*pat, ty, None);
                    }
                }
                Ty::unit()
            }
            other => {
                self.values(other);
                Ty::unknown()
            }
        }
    }

    fn select_macro(&mut self, select: &Select, expected: Ty) -> Ty {
        let mut outputs = Vec::new();
        for arm in &select.arms {
            if let Some(guard) = arm.guard {
                self.expr(guard, Ty::bool());
            }
            let future = self.expr(arm.future, Ty::unknown());
            self.select_pending();
            let target = self.future_behind(future);
            outputs.push(self.await_output(target).unwrap_or(Ty::unknown()));
        }
        let mut ty = Ty::never();
        for (arm, output) in select.arms.iter().zip(outputs) {
            self.scopes.push(Vec::new());
            self.pat(arm.pat, output, None);
            let handler = self.expr(arm.handler, expected);
            ty = self.join(ty, handler);
            self.scopes.pop();
        }
        for fallback in &select.fallbacks {
            let handler = self.expr(fallback.handler, expected);
            ty = self.join(ty, handler);
        }
        ty
    }

    /// `select!` also takes futures by mutable reference or pinned.
    fn future_behind(&mut self, ty: Ty) -> Ty {
        let before = self.snapshot();
        if self.await_output(ty).is_some() {
            return ty;
        }
        self.rollback(before);
        self.strip(ty)
    }
}
