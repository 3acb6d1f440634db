#![expect(clippy::panic, reason = "tests")]

use toecap_ir::{
    Body, BodySource, Container, Expr, FileIr, FnBodies, ItemKind, MacroCall, MacroDef, MacroInput, MacroRules,
    SourceText, Span, Syntax as _,
};

use crate::lexer::Lexer;
use crate::{LowerOptions, Parser, lower_file};

/// The last macro definition and the last call among the items of a text.
fn parts(file: &FileIr) -> (MacroDef, Option<MacroCall>) {
    let (mut def, mut call) = (None, None);
    for (_, item) in file.items.iter() {
        match &item.kind {
            ItemKind::MacroDef(found) => def = Some(found.clone()),
            ItemKind::MacroCall(found) => call = Some((**found).clone()),
            _ => {}
        }
    }
    (def.expect("a definition"), call)
}

fn expand_from(source: &SourceText, def: &MacroDef, from: &SourceText, call: &MacroCall) -> Option<SourceText> {
    let rules = MacroRules { source, rules: def.rules, kind: def.kind, crate_number: 7, local_inner_macros: false };
    let outer = from.origin.as_ref().map_or(call.span, |origin| origin.call);
    let call = MacroInput { source: from, args: call.args, delimiter: call.delimiter, call: outer };
    Parser.macro_rules(&rules)?.expand(&call)
}

fn expand(text: &str) -> Option<SourceText> {
    let file = lower_file(text, LowerOptions::default());
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    let source = SourceText::file(text.into());
    let (def, call) = parts(&file);
    expand_from(&source, &def, &source, &call.expect("a call"))
}

/// Expands again while the expansion is a call of the macro of `text`.
fn expand_all(text: &str) -> Option<SourceText> {
    let source = SourceText::file(text.into());
    let (def, _) = parts(&lower_file(text, LowerOptions::default()));
    let mut out = expand(text)?;
    for _ in 0..64 {
        let file = Parser.lower_items(&out, Container::Module, FnBodies::Lowered);
        let Some(call) = file.items.iter().find_map(|(_, item)| match &item.kind {
            ItemKind::MacroCall(call) => Some(call.clone()),
            _ => None,
        }) else {
            break;
        };
        out = expand_from(&source, &def, &out, &call)?;
    }
    Some(out)
}

/// Tokens joined by single spaces.
fn tokens(text: &str) -> String {
    let tokens = Lexer::new(text).filter(|t| !t.is_comment());
    tokens.map(|t| &text[t.lo as usize..t.hi as usize]).collect::<Vec<_>>().join(" ")
}

fn check(rules: &str, args: &str, expected: &str) {
    let text = format!("macro_rules! m {{ {rules} }}\nm! {{ {args} }}");
    let found = expand(&text).map(|out| tokens(&out.text));
    assert_eq!(found.as_deref(), Some(&*tokens(expected)), "{args}");
}

fn check_none(rules: &str, args: &str) {
    let text = format!("macro_rules! m {{ {rules} }}\nm! {{ {args} }}");
    assert!(expand(&text).is_none(), "{args}");
}

#[test]
fn expressions_end_where_they_end() {
    let rules = "($($e:expr),* $(,)?) => { $([$e])* }; ($($t:tt)*) => { other }";
    for (args, expected) in [
        ("a, 1 + 2,", "[a] [(1 + 2)]"),
        ("x < y, z > w", "[(x < y)] [(z > w)]"),
        ("a as Vec<Vec<u8>> >> 2", "[(a as Vec<Vec<u8>> >> 2)]"),
        ("Vec::<(u8, u8)>::new(), <T as X<A, B>>::f()", "[(Vec::<(u8, u8)>::new())] [(<T as X<A, B>>::f())]"),
        ("|a, b| a + b, move || -> u8 { 1 }", "[(|a, b| a + b)] [(move || -> u8 { 1 })]"),
        (
            "if a { b } else if let Some(S { x, .. }) = c { d } else { e }.f(), g",
            "[(if a { b } else if let Some(S { x, .. }) = c { d } else { e }.f())] [g]",
        ),
        ("match x { _ => 1, } + 1, S { a, ..b }", "[(match x { _ => 1, } + 1)] [(S { a, ..b })]"),
        (
            "async move { f().await? }, return, break 'a 5, ..",
            "[(async move { f().await? })] [return] [(break 'a 5)] [..]",
        ),
        ("a..b, ..=c, &mut *x.0.1[3]?", "[(a..b)] [(..=c)] [(&mut *x.0.1[3]?)]"),
        (
            "'l: loop { break }, unsafe { f() }, vec![1, 2].len()",
            "[('l: loop { break })] [(unsafe { f() })] [(vec![1, 2].len())]",
        ),
        ("for i in 0..n { f() }, while x < y { }", "[(for i in 0..n { f() })] [(while x < y { })]"),
        ("const { 1 }, _", "other"),
        ("a && b || !c, d == e && f", "[(a && b || !c)] [(d == e && f)]"),
        ("x = y, a += 1", "[(x = y)] [(a += 1)]"),
        ("a b", "other"),
        ("=> 1", "other"),
    ] {
        check(rules, args, expected);
    }
}

#[test]
fn later_editions_are_tried_last() {
    check("($($e:expr),*) => { $([$e])* }", "const { 1 }, _", "[(const { 1 })] [_]");
}

#[test]
fn types_patterns_and_paths() {
    check(
        "($($t:ty),*) => { $(f::<$t>())* }",
        "u8, &'a mut [T], fn(A) -> B, dyn A + Send, impl Fn(X) -> Y + 'a, Vec<Vec<u8>>, !, *const T, <T as I>::N, m!(x)",
        "f::<u8>() f::<(&'a mut [T])>() f::<(fn(A) -> B)>() f::<(dyn A + Send)>() f::<(impl Fn(X) -> Y + 'a)>() f::<(Vec<Vec<u8>>)>() f::<!>() f::<(*const T)>() f::<(<T as I>::N)>() f::<(m!(x))>()",
    );
    check("($t:ty) => { 1 as $t << 2, 1 as $t < 2, 1 as $t + 2 }", "u8", "1 as (u8) << 2, 1 as (u8) < 2, 1 as u8 + 2");
    check("(<$t:ty>) => { $t }", "<Vec<u8>>", "(Vec<u8>)");
    check("($t:ty) => { $t::new() }", "Vec<u8>", "<Vec<u8>>::new()");
    check("($t:ty) => { $t::MAX }", "u8", "u8::MAX");
    check(
        "($($p:pat => $e:expr),*) => { match x { $($p => $e),* } }",
        "Some(1..=5) | None => a, ref mut x @ S { .. } => b, -1 => c, &(a, b) => d",
        "match x { (Some(1..=5) | None) => a, ref mut x @ S { .. } => b, -1 => c, &(a, b) => d }",
    );
    check("($p:pat_param | $q:pat_param) => { $p, $q }", "A | B", "A, B");
    check("($p:path => $q:path) => { $p; $q }", "a::B<C> => ::x::Y", "a::B<C>; ::x::Y");
}

#[test]
fn items_statements_and_the_small_ones() {
    check(
        "($($i:item)*) => { $(#[x] $i)* }",
        "pub(crate) async fn f<const N: usize>() -> Foo<{ N }> where T: X { } struct A(u8); #[y] pub struct B { a: u8 } impl<T> X for B { } use a::{b}; const C: u8 = { 1 }; foo! { a } bar!(b); macro_rules! z { () => {} } unsafe extern \"C\" fn g(); const fn h() {} extern crate e;",
        "#[x] pub(crate) async fn f<const N: usize>() -> Foo<{ N }> where T: X { } #[x] struct A(u8); #[x] #[y] pub struct B { a: u8 } #[x] impl<T> X for B { } #[x] use a::{b}; #[x] const C: u8 = { 1 }; #[x] foo! { a } #[x] bar!(b); #[x] macro_rules! z { () => {} } #[x] unsafe extern \"C\" fn g(); #[x] const fn h() {} #[x] extern crate e;",
    );
    check(
        "($($s:stmt;)*) => { $($s;)* }",
        "let x: u8 = 1; f(); let Some(y) = z else { return };",
        "let x: u8 = 1; f(); let Some(y) = z else { return };",
    );
    check("($($s:stmt)*) => { $([$s])* }", "a.b(); let x = 1;", "[a.b()] [;] [let x = 1] [;]");
    check("($v:vis $n:ident) => { $v struct $n; }", "A", "struct A;");
    check("($v:vis $n:ident) => { $v struct $n; }", "pub(in a::b) r#type", "pub(in a::b) struct r#type;");
    check("($($v:vis ($t:ty)),*) => { $($v $t)* }", "pub (u8), pub(crate) (u8)", "pub u8 pub(crate) u8");
    check(
        "($($l:lifetime $x:literal)*) => { $($x $l)* }",
        "'a -1 'static \"s\" 'b true",
        "-1 'a \"s\" 'static true 'b",
    );
    check(
        "($(#[$m:meta])* $b:block) => { $(#[$m])* fn f() $b }",
        "#[cfg(all(a, b))] #[doc = \"x\"] #[a::b] { 1 }",
        "#[cfg(all(a, b))] #[doc = \"x\"] #[a::b] fn f() { 1 }",
    );
    check("($($t:tt)*) => { $([$t])* }", "a => ..= (b c) 'x $ << #", "[a] [=>] [..=] [(b c)] ['x] [$] [<<] [#]");
}

#[test]
fn repetitions_nest() {
    check(
        "($($n:ident: [$($x:expr),*]);+ $(;)?) => { $($(($n, $x)),+;)* }",
        "a: [1, 2]; b: [3];",
        "(a, 1), (a, 2); (b, 3);",
    );
    check("($($a:ident)* ; $($b:ident)*) => { $($a $b)* }", "x y ; p q", "x p y q");
    check("($(a)? $(b)+ c) => { ok }", "b b c", "ok");
    check("($($k:ident = $v:tt)&&*) => { $($k)|* }", "a = 1 && b = 2", "a | b");
    check("($(a)* a b) => { ok }", "a a a b", "ok");
    check_none("($(a)+) => { ok }", "");
    check_none("($($()*)*) => { loops }", "x");
}

#[test]
fn rules_are_tried_in_order() {
    let rules =
        "(@one $x:ident) => { one $x }; (@one $($t:tt)*) => { many }; ($x:literal) => { lit }; ($x:expr) => { expr };";
    check(rules, "@one a", "one a");
    check(rules, "@one a b", "many");
    check(rules, "1", "lit");
    check(rules, "1 + 1", "expr");
    check_none(rules, "let x");
    check("(&$x:ident) => { one }; (&&$x:ident) => { two }", "&&x", "two");
}

#[test]
fn fragments_stay_units_for_the_next_macro() {
    let rules = "(@k $x:literal) => { lit }; (@k a) => { word }; (@k $t:tt) => { $t * 2 }; (@k $($t:tt)*) => { many }; ($x:expr) => { m! { @k $x } }";
    for (args, expected) in [("1 + a", "(1 + a) * 2"), ("a", "a * 2"), ("1", "lit"), ("-1", "lit")] {
        let text = format!("macro_rules! m {{ {rules} }} m! {{ {args} }}");
        assert_eq!(expand_all(&text).map(|out| tokens(&out.text)).as_deref(), Some(&*tokens(expected)), "{args}");
    }
}

#[test]
fn munchers_finish() {
    let text = "macro_rules! m { (@n [$($n:tt)*]) => { struct X { $($n)* } }; (@n [$($n:tt)*] $x:ident $($r:tt)*) => { m! { @n [$($n)* $x: u8,] $($r)* } }; ($($t:tt)*) => { m! { @n [] $($t)* } } } m! { a b c d e f }";
    let out = expand_all(text).expect("expands");
    assert_eq!(tokens(&out.text), tokens("struct X { a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, }"));
}

#[test]
fn the_crate_of_the_definition_keeps_its_number() {
    let text = "macro_rules! m { (@i $p:path) => { use $p; fn f() -> $crate::T { $crate::g!() } }; () => { m! { @i $crate::a::B } } } m! {}";
    let out = expand_all(text).expect("expands");
    let file = Parser.lower_items(&out, Container::Module, FnBodies::Lowered);
    let ItemKind::Use(imports) = &file.items[file.root[0]].kind else { panic!("a use") };
    assert_eq!(imports[0].path.iter().map(|n| n.as_str()).collect::<Vec<_>>(), ["$crate:7", "a", "B"]);
    assert!(format!("{:?}", file.items[file.root[1]]).contains("$crate:7"));
}

#[test]
fn macros_define_macros() {
    check(
        "($n:ident $d:tt) => { macro_rules! $n { ($d($d x:expr),*) => { [$d($d x),*, $$y] }; ($z:tt) => { $z $( a )* } } }",
        "k $",
        "macro_rules! k { ($($x:expr),*) => { [$($x),*, $y] }; ($z:tt) => { $z $( a )* } }",
    );
}

#[test]
fn macros_two_and_metavariable_expressions() {
    let text = "pub macro m($a:expr) { $crate::f($a) } m! { 1 }";
    assert_eq!(expand(text).map(|out| tokens(&out.text)).as_deref(), Some("__toecap_crate_7 : : f ( 1 )"));
    let text = "macro m { ($a:ident) => { $a }, ($($a:ident),+) => { ${count($a)} $($a ${index()} ${ignore($a)} ${concat(x_, $a)}),+ } } m! { p, q }";
    assert_eq!(expand(text).map(|out| tokens(&out.text)).as_deref(), Some("2 p 0 x_p , q 1 x_q"));
}

#[test]
fn documentation_is_an_attribute_of_the_call() {
    check(
        "($(#[$m:meta])* fn $n:ident) => { $(#[$m])* /// gone\n #[doc = \"gone\"] fn $n() {} }",
        "/// # Cancel \"safety\"\n fn f",
        "#[doc = \" # Cancel \\\"safety\\\"\"] fn f() {}",
    );
    // What a definition hands to a macro may be matched.
    check("($n:ident) => { m!(/// some\n #[doc = \"more\"] $n); }", "f", "m!(#[doc = \" some\"] #[doc = \"more\"] f);");
    let text = "macro_rules! m { ($($i:item)*) => { $($i)* } } m! { /// # Cancel safety\n ///\n /// Safe.\n pub async fn f() {} }";
    let file = Parser.lower_items(&expand(text).expect("expands"), Container::Module, FnBodies::Lowered);
    assert_eq!(file.items[file.root[0]].attrs.cancel_docs.as_deref(), Some("Safe."));
}

#[test]
fn places_of_the_call_survive() {
    let text =
        "macro_rules! outer { ($($i:item)*) => { $(#[cfg(x)] $i)* inner! {} } }\nouter! { fn one() { a + bcd.await } }";
    let out = expand(text).expect("expands");
    let file = Parser.lower_items(&out, Container::Module, FnBodies::Lowered);
    let item = &file.items[file.root[0]];
    assert_eq!(&text[item.name_span.range()], "one");
    assert!(!item.name_span.is_expanded() && item.span.is_expanded());
    let body = file.bodies.iter().next().expect("a body").1.get();
    let (id, _) = body.exprs.iter().find(|(_, e)| matches!(e, Expr::Binary { .. })).expect("the sum");
    assert_eq!((&text[body.span(id).range()], body.span(id).is_expanded()), ("a + bcd.await", false));
    let inner = &file.items[file.root[1]];
    assert!(inner.span.is_expanded());
    assert!(text[inner.span.range()].starts_with("outer! {"));
}

#[test]
fn places_survive_twice() {
    let text =
        "macro_rules! m { (@b $e:expr) => { const C: u8 = $e; }; ($e:expr) => { m! { @b $e } } }\nm! { x.foo() + 1 }";
    let out = expand_all(text).expect("expands");
    let file = Parser.lower_items(&out, Container::Module, FnBodies::Lowered);
    let body = file.bodies.iter().next().expect("a body").1.get();
    assert_eq!((&text[body.span(body.root).range()], body.span(body.root).is_expanded()), ("x.foo() + 1", false));
}

#[test]
fn bombs_are_refused() {
    let wide = "a ".repeat(20_000);
    let deep = format!("macro_rules! m {{ ($($t:tt)*) => {{ $([$($t)*])* }} }} m! {{ {wide} }}");
    assert!(expand(&deep).is_none());
    let many = format!("macro_rules! m {{ ($($t:tt)*) => {{ {} }} }} m! {{ {wide} }}", "$($t)* ".repeat(200));
    assert!(expand(&many).is_none());
    let nested = format!("macro_rules! m {{ ({}a{}) => {{ x }} }} m! {{ a }}", "$(".repeat(500), ")?".repeat(500));
    assert!(expand(&nested).is_none());
    let ifs = format!("macro_rules! m {{ ($e:expr) => {{ x }} }} m! {{ {} a }}", "if ".repeat(5_000));
    assert!(expand(&ifs).is_none());
    for nest in ["'a: ", "for<> ", "&", "|x| ", "match ", "x as &", "return ", "<", "f::<", "if let "] {
        for kind in ["expr", "ty", "pat", "stmt", "item", "path"] {
            let text = format!("macro_rules! m {{ ($e:{kind}) => {{ x }} }} m! {{ {} a }}", nest.repeat(20_000));
            expand(&text);
        }
    }
    let minus = format!("macro_rules! m {{ ($e:expr) => {{ $e }} }} m! {{ {} 1 }}", "-".repeat(50_000));
    let out = expand(&minus).expect("expands");
    assert!(Parser.lower_stmts(&out, &mut Body::default()).tail.is_some());
}

#[test]
fn long_lists_are_linear() {
    let wide = "abc, ".repeat(100_000);
    let text = format!("macro_rules! m {{ ($($e:expr),* $(,)?) => {{ $($e;)* }} }} m! {{ {wide} }}");
    let start = std::time::Instant::now();
    assert!(expand(&text).is_some());
    assert!(start.elapsed().as_secs() < 10);
}

#[test]
fn broken_input_gives_nothing() {
    for text in [
        "macro_rules! m { } m! { a }",
        "macro_rules! m { ($x) => {} } m! { a }",
        "macro_rules! m { ($x:foo) => {} } m! { a }",
        "macro_rules! m { (a) } m! { a }",
        "macro_rules! m { (a) => } m! { a }",
        "macro_rules! m { ($($x:ident)) => {} } m! { a }",
        "macro_rules! m { ($($x:ident)*) => { $x } } m! { a }",
    ] {
        assert!(expand(text).is_none(), "{text}");
    }
}

#[test]
fn statements_patterns_and_types_are_lowered() {
    let text = |text: &str| SourceText { text: text.into(), origin: None };
    let foreign = Parser.lower_items(&text("fn a(n: u8);"), Container::Module, FnBodies::Lowered);
    assert!(matches!(foreign.items[foreign.root[0]].kind, ItemKind::Fn(_)));
    let mut body = Body::default();
    let fragment = Parser.lower_stmts(&text("let x = f(); fn g() {} x.await"), &mut body);
    assert_eq!((fragment.stmts.len(), fragment.items.len()), (1, 1));
    assert!(matches!(body[fragment.tail.expect("a tail")], Expr::Await { .. }));
    let fragment = Parser.lower_stmts(&text("if a { 1 } else { 2 } * 3 + }"), &mut body);
    assert!(matches!(body[fragment.tail.expect("a tail")], Expr::Opaque));
    let pat = Parser.lower_pat(&text("Some(x) | None"), &mut body);
    assert_eq!(body.pat_span(pat), Span::new(0, 14));
    assert!(matches!(Parser.lower_type(&text("Vec<u8>")), toecap_ir::TypeRef::Path(_)));
    assert!(matches!(Parser.lower_type(&text("Vec<u8")), toecap_ir::TypeRef::Opaque));
    let file =
        Parser.lower_items(&text("fn a(&self) {} type X = u8; default fn b();"), Container::Trait, FnBodies::Lowered);
    assert_eq!(file.root.len(), 3);
}

#[test]
fn skipped_bodies_are_lowered_in_place() {
    let text = "struct S;\nimpl S {\n    /// Docs.\n    #[inline]\n    pub async fn f(&self, n: u8) -> u8 { fn inner() {} n + self.g().await }\n}\n";
    let file = lower_file(text, LowerOptions { signatures_only: true });
    let (_, item) = file.items.iter().find(|(_, item)| item.name == "f").expect("f");
    let ItemKind::Fn(function) = &item.kind else { panic!("a function") };
    let BodySource::Skipped(function) = function.body else { panic!("a skipped body") };
    let lowered = Parser.lower_skipped_body(&SourceText::file(text.into()), function);
    let body = lowered.bodies.iter().last().expect("a body").1.get();
    assert_eq!(body.params.len(), 1);
    let (id, _) = body.exprs.iter().find(|(_, e)| matches!(e, Expr::Await { .. })).expect("an await");
    assert_eq!(&text[body.span(id).range()], "self.g().await");
}

#[test]
fn constant_impls_are_read() {
    let text = "impl<T: Fn() -> u8, const N: usize> const Default for S<T, N> { } unsafe impl const A for B {} impl<const N: usize> C<N> {}";
    let file = lower_file(text, LowerOptions::default());
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    assert_eq!(file.root.len(), 3);
}

#[test]
fn variables_of_the_definition_are_not_those_of_the_call() {
    let rules = "($e:expr) => {{ let sum = 1; match f() { Ok(v) if v => v, S { e: Some(e) } => sum.v + S { v: e }.sum, _ => $e } }}";
    check(
        rules,
        "other",
        "{ let sum = 1; match f() { Ok(v) if v => v, S { e: Some(e) } => sum.v + S { v: e }.sum, _ => other } }",
    );
    check(
        rules,
        "sum + v",
        "{ let __toecap_local_sum = 1; match f() { Ok(__toecap_local_v) if __toecap_local_v => __toecap_local_v, S { e: Some(e) } => __toecap_local_sum.v + S { v: e }.sum, _ => (sum + v) } }",
    );
    let text = "macro_rules! m { (@i be => $e:expr) => { big $e }; ($e:expr) => { m! { @i be => $e } } } m! { be + 1 }";
    assert_eq!(expand_all(text).map(|out| tokens(&out.text)).as_deref(), Some("big ( be + 1 )"));
    let keywords = "($($t:tt)*) => { impl A for B { fn f() { match x { y $(+ $t)* if z => 1, } } } }";
    check(keywords, "impl for if", "impl A for B { fn f() { match x { y + impl + for + if if z => 1, } } }");
    let text = "macro_rules! m { ($e:expr) => { const C: u8 = { let x = 1; x + $e }; } } m! { x }";
    let file = Parser.lower_items(&expand(text).expect("expands"), Container::Module, FnBodies::Lowered);
    let body = file.bodies.iter().next().expect("a body").1.get();
    let bound = body.pats.iter().find_map(|(_, pat)| match pat {
        toecap_ir::Pat::Bind { name, .. } => Some(name.as_str()),
        _ => None,
    });
    assert_eq!(bound, Some("x'"));
}

#[test]
fn skipped_bodies_of_expansions_are_lowered_in_place() {
    let text = "macro_rules! m { ($n:ident $e:expr) => { struct S; impl S { #[x] pub const fn $n(a: u8) -> u8 { fn g() {} a + $e } } } }\nm! { go b.c() }";
    let out = expand(text).expect("expands");
    let file = Parser.lower_items(&out, Container::Module, FnBodies::Skipped);
    let (_, item) = file.items.iter().find(|(_, item)| item.name == "go").expect("go");
    let ItemKind::Fn(function) = &item.kind else { panic!("a function") };
    let BodySource::Skipped(function) = function.body else { panic!("a skipped body") };
    assert!(out.text[function.range()].starts_with("const fn go") && out.text[function.range()].ends_with('}'));
    let lowered = Parser.lower_skipped_body(&out, function);
    let body = lowered.bodies.iter().last().expect("a body").1.get();
    let (id, _) = body.exprs.iter().find(|(_, e)| matches!(e, Expr::MethodCall(_))).expect("a call");
    assert_eq!((&text[body.span(id).range()], body.params.len()), ("b.c()", 1));
}
