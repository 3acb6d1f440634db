//! The bundled standard library: types of what everybody writes, and signatures without holes.
//!
//! ```text
//! let a = "a,b".split(',').count(); // usize
//! ```

#![allow(clippy::panic, reason = "tests")]

use std::path::Path;

use toecap::session::{Inspection, Options, inspect};
use toecap_ir::{Expr, Stmt};
use toecap_project::Request;
use toecap_sema::{FnId, Ty, World};

const SOURCE: &str = r#"
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::io::{BufRead, Read, Write};
use std::pin::Pin;
use std::str;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll};

pub fn values(text: &str, list: Vec<u8>, map: HashMap<String, Vec<u32>>, shared: Arc<Mutex<String>>) {
    let a = text.split(',').map(str::trim).filter(|s| !s.is_empty()).collect::<Vec<_>>(); // Vec<&str>
    let b = list.iter().copied().map(u64::from).sum::<u64>(); // u64
    let c = map.get("x").map(|v| v.len()).unwrap_or_default(); // usize
    let d = shared.lock().unwrap().clone(); // String
    let e = list.chunks(2).enumerate().map(|(i, c)| (i, c.to_vec())).collect::<BTreeMap<_, _>>(); // BTreeMap<usize, Vec<u8>>
    let f = 3u32.checked_mul(4).map(|n| n.wrapping_add(1)); // Option<u32>
    let g = str::from_utf8(&list).map(str::to_owned); // Result<String, Utf8Error>
    let h = u32::from_str_radix("f", 16); // Result<u32, ParseIntError>
    let i = list[1..].iter().rev().max(); // Option<&u8>
    let j = [1.5f64, 2.0].iter().fold(0.0, |a, b| a + b); // f64
    let k = mpsc::channel::<String>(); // (Sender<String>, Receiver<String>)
    let l = std::time::Instant::now().elapsed().as_millis(); // u128
    let m = std::env::args().nth(1); // Option<String>
    let n = std::path::Path::new("a").join("b").exists(); // bool
    let o = std::process::Command::new("ls").arg("-l").output(); // Result<Output, Error>
    let p = std::fs::File::open("x").map(std::io::BufReader::new).map(|r| r.lines().count()); // Result<usize, Error>
    let q = std::thread::spawn(|| 1u8).join(); // Result<u8, Box<dyn Any + Send>>
    let r = std::io::Error::last_os_error().raw_os_error(); // Option<i32>
    let s = std::net::TcpStream::connect("a:1").and_then(|mut s| s.write_all(b"x")); // Result<(), Error>
    let t = text.parse::<f32>().ok(); // Option<f32>
    let u = text.chars().zip(1..).last(); // Option<(char, i32)>
    let v = list.first().zip(list.get(1)); // Option<(&u8, &u8)>
    let w = [3u8; 4].map(u16::from); // [u16; 4]
    let x = Box::pin(std::future::ready(1i8)); // Pin<Box<Ready<i8>>>
    let y = map.into_iter().flat_map(|(_, v)| v).min(); // Option<u32>
    let z = std::iter::once(1u8).chain(list).skip(1).step_by(2).peekable().next(); // Option<u8>
}

pub fn statics() {
    thread_local! {
        static COUNT: Cell<u8> = Cell::new(1);
    }
    let a = COUNT.with(|count| count.get()); // u8
}

#[pin_project(project = TimedProj)]
pub struct Timed<F> {
    #[pin]
    future: F,
    left: u32,
}

impl<F: Future<Output = String>> Future for Timed<F> {
    type Output = String;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<String> {
        let this = self.project(); // TimedProj<F>
        let left = this.left; // &mut u32
        let polled = this.future.poll(cx); // Poll<String>
        polled
    }
}
"#;

fn with_source<T: Send>(ask: impl FnOnce(&Inspection<'_>) -> T + Send) -> T {
    let dir = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(dir.path().join("a.rs"), SOURCE).expect("a folder to write to");
    let mut request = Request::new(dir.path());
    request.offline = true;
    request.paths = vec![Path::new("a.rs").to_owned()];
    inspect(&Options { request, ..Options::default() }, ask).expect("one file can be analysed")
}

#[test]
fn everyday_expressions_have_types() {
    let expected: Vec<String> =
        SOURCE.lines().filter_map(|l| Some(l.trim().strip_prefix("let ")?.to_owned())).collect();
    let mut found = with_source(|inspection| {
        let world = inspection.analysis.world();
        let mut found = Vec::new();
        for body in inspection.analysis.bodies() {
            for (_, expr) in body.types.body.exprs.iter() {
                let Expr::Block(block) = expr else { continue };
                for stmt in &block.stmts {
                    let Stmt::Let { init: Some(init), span, .. } = stmt else { continue };
                    found.push((span.lo(), span.range(), world.short_type(body.types.expr_tys[init.index()])));
                }
            }
        }
        found
    });
    found.sort_by_key(|(at, ..)| *at);
    let lines = found.into_iter().map(|(_, range, ty)| format!("{} // {ty}", SOURCE[range].trim_start_matches("let ")));
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

/// All but those that need the `libc` crate, and an unstable function.
#[test]
fn signatures_are_known() {
    with_source(|inspection| {
        let world = inspection.analysis.world();
        let mut unknown = Vec::new();
        let mut count = 0;
        for id in world.crate_ids().filter(|id| world.is_std(*id)) {
            let Some(krate) = world.krate(id) else { continue };
            for index in 0..krate.fns.len() as u32 {
                count += 1;
                let f = FnId { krate: id, index };
                let path = world.fn_path(f);
                let is_expected = path.ends_with("_pthread_t") || path == "core::array::try_from_fn";
                if !is_expected && signature(world, f).any(Ty::has_unknown) {
                    unknown.push(path);
                }
            }
        }
        assert!(count > 4_000, "{count} functions");
        assert!(unknown.is_empty(), "{} of {count} signatures:\n{}", unknown.len(), unknown.join("\n"));
    });
}

fn signature<'w>(world: &'w World<'_>, f: FnId) -> impl Iterator<Item = Ty> + use<'w> {
    let sig = world.fn_sig(f);
    sig.receiver.iter().chain(&sig.params).chain([&sig.ret]).copied()
}
