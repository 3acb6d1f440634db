//! Code that goes on for ever when it is followed: every run ends, and what stands beside it is found all the same.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use support::{Dir, UNPOLLED};

/// Far more than any of these needs, far less than for ever.
const LIMIT: Duration = Duration::from_secs(60);

/// `text` in a module of its own ends, and the finding beside it is there.
fn ends(text: &str) {
    let dir = Dir::lib("mod endless;\nmod fine;\n");
    dir.write("src/endless.rs", text);
    dir.write("src/fine.rs", UNPOLLED);
    let start = Instant::now();
    dir.run("--no-cache --message-format short").ends_with(1).says("src/fine.rs:3:5");
    assert!(start.elapsed() < LIMIT, "{:?} for\n{text}", start.elapsed());
}

#[test]
fn recursive_types() {
    ends(
        "pub struct A(pub B);\npub struct B(pub Box<A>, pub Option<Box<B>>);\npub type X = Y;\npub type Y = X;\n\
          pub struct Grow<T>(pub Option<Box<Grow<(T, T)>>>);\n\
          pub fn f(a: A, x: X, g: Grow<u8>) { let b = a.0; b.0.0; x.len(); g.0.unwrap().0.unwrap().0; }\n",
    );
}

#[test]
fn cyclic_imports() {
    ends(
        "pub mod a { pub use super::b::*; pub use super::c::one as two; }\n\
          pub mod b { pub use super::a::*; pub use super::c::*; }\n\
          pub mod c { pub use super::a::two as one; pub use super::b::*; pub use super::c::*; pub use self::me as me; }\n\
          pub fn f() { a::one(); b::two(); c::nothing(); c::me(); let _: a::Missing = b::Missing; }\n",
    );
}

#[test]
fn cyclic_traits() {
    ends(
        "pub trait A: B { type X; fn a(&self) -> <Self as A>::X; }\npub trait B: C { type Y; }\npub trait C: A {}\n\
          pub trait P { type Q: P<Q = <Self::Q as P>::Q>; fn p(&self) -> Self::Q; }\n\
          pub struct S;\nimpl A for S { type X = <S as B>::Y; fn a(&self) -> <S as A>::X { loop {} } }\n\
          impl B for S { type Y = <S as A>::X; }\nimpl C for S {}\n\
          pub fn f<T: P + A>(t: T) { t.a(); t.p().p().p().p(); S.a().b(); }\n",
    );
}

#[test]
fn impls_that_grow() {
    ends(
        "pub trait Show { fn show(&self) -> u8; }\npub struct W<T>(pub T);\n\
          impl<T> Show for T where W<T>: Show { fn show(&self) -> u8 { 1 } }\n\
          pub trait Next { type N; fn next(self) -> Self::N; }\n\
          impl<T> Next for W<T> where W<W<T>>: Next { type N = <W<W<T>> as Next>::N; fn next(self) -> Self::N { loop {} } }\n\
          impl<T> std::ops::Deref for W<T> { type Target = W<W<T>>; fn deref(&self) -> &W<W<T>> { loop {} } }\n\
          pub fn f() { 1u8.show(); W(1u8).next(); W(1).missing(); }\n",
    );
}

/// Each by itself: what one of them leaves of a budget must not decide about another.
#[test]
fn macros_without_end() {
    for text in [
        "macro_rules! again { ($($t:tt)*) => { again!($($t)* x); }; }\nagain!();\npub fn f() { again!(); }\n",
        "macro_rules! double { ($($t:tt)*) => { double!($($t)* $($t)*); double!($($t)* $($t)*); }; }\ndouble!(a b);\n",
        "macro_rules! double { ($($t:tt)*) => { double!($($t)* $($t)*); double!($($t)* $($t)*); }; }\nfn f() { double!(a b) }\n",
        "macro_rules! pair { ($e:expr) => { (pair!($e), pair!($e)) }; }\npub fn f() { pair!(1); }\n",
        "macro_rules! ty { () => { Vec<ty!()> }; }\npub fn f() { let x: ty!() = 1; }\n",
        "macro_rules! ty { ($($t:tt)*) => { (ty!($($t)* $($t)*), ty!($($t)* $($t)*)) }; }\npub fn f(x: ty!(a b)) { f(x) }\n",
        "macro_rules! pat { () => { Some(pat!()) }; }\npub fn f(x: u8) { if let pat!() = x {} }\n",
    ] {
        ends(text);
    }
}

/// Also of a replayed run.
#[test]
fn macros_that_are_given_up_are_counted() {
    let dir = Dir::lib("macro_rules! again { ($($t:tt)*) => { again!($($t)* x); }; }\nagain!();\n");
    for _ in 0..2 {
        dir.run("-v --cache-dir .cache").complains("1 macro call between items given up");
    }
    let plain = Dir::lib("macro_rules! once { () => { pub fn f() {} }; }\nonce!();\n").run("-v --no-cache");
    assert!(!plain.stderr.contains("given up"), "{}", plain.stderr);
}

#[test]
fn deep_nesting() {
    let mut text = String::from("pub fn f() {\n");
    let _ = writeln!(text, "let a = {}1{};", "(".repeat(3_000), ")".repeat(3_000));
    let _ = writeln!(text, "let b: {}u8{} = a;", "Vec<".repeat(1_000), ">".repeat(1_000));
    let _ = writeln!(text, "let c = {}1{};", "Some(".repeat(500), ")".repeat(500));
    let _ = writeln!(text, "c{};\n}}", ".clone()".repeat(2_000));
    let _ = writeln!(text, "{}{}", "mod m {".repeat(300), "}".repeat(300));
    ends(&text);
}

#[test]
fn types_that_double() {
    let mut text = String::from("pub fn f() {\nlet a0 = 1u8;\n");
    for at in 1..60 {
        let _ = writeln!(text, "let a{at} = (a{0}.clone(), a{0});", at - 1);
    }
    text.push_str("a59.0.0.clone();\n}\n");
    ends(&text);
}
