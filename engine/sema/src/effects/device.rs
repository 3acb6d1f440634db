//! What a type's `Read` and `Write` wait for: files, sockets and pipes block, memory does not.

use toecap_ir::{Expr, ExprId};

use crate::flow::Aliases;
use crate::{Analysis, Callee, Container, CrateOrigin, FnCallee, Prim, TyKind, TypedBody};

/// Crates and their types that wait for events of a socket.
const REACTORS: [(&str, &str); 2] = [("async_io", "Async"), ("tokio", "AsyncFd")];

impl Analysis<'_> {
    /// Methods of `Read`, `Write` and their like block for files, sockets and pipes; what they do for other types, and for
    /// types that are not known, is not known.
    pub(super) fn waits_for_device(&self, callee: &FnCallee) -> bool {
        let world = self.world();
        let crate::Container::Trait(tr) = world.func(callee.f).container else { return true };
        let path = world.trait_path(tr);
        if !path.starts_with("std::io::") && !path.starts_with("std::net::") {
            return true;
        }
        let Some(ty) = callee.self_ty.or(callee.receiver) else { return false };
        if path.starts_with("std::net::") {
            // Addresses that are numbers already need no name service.
            return self.is_host_name(ty);
        }
        self.is_device_ty(ty, 0)
    }

    /// What is generic over a stream waits where the stream does: a handshake over a socket, and not over an adapter that says
    /// `WouldBlock`, nor over a stream that nobody knows.
    pub(super) fn waits_for_stream(&self, callee: &FnCallee) -> bool {
        let streams = self.streams_of(callee);
        streams.is_empty() || streams.iter().any(|ty| self.is_device_ty(*ty, 0))
    }

    /// Is it generic over a stream, and here that is a file, socket or pipe? `io::copy(&mut file, &mut out)`
    pub(super) fn is_over_device(&self, callee: &FnCallee) -> bool {
        self.streams_of(callee).iter().any(|ty| self.is_device_ty(*ty, 0))
    }

    /// What a function reads from or writes to that is generic.
    fn streams_of(&self, callee: &FnCallee) -> Vec<crate::Ty> {
        let world = self.world();
        let generics = world.func(callee.f).generics;
        let mut streams = Vec::new();
        for predicate in world.all_predicates(generics) {
            let path = world.trait_path(predicate.bound.tr);
            let TyKind::Param(param) = predicate.ty.kind() else { continue };
            if !matches!(path.as_str(), "std::io::Read" | "std::io::Write") {
                continue;
            }
            match param.generics == generics {
                true => streams.extend(callee.args.get(param.index as usize).copied()),
                // A parameter of the type whose method it is.
                false => {
                    let owner = callee.receiver.or(callee.self_ty).and_then(|ty| ty.peel_refs().as_adt());
                    streams.extend(owner.iter().flat_map(|(_, args)| args.iter().copied()));
                    streams.extend(owner.is_none().then(crate::Ty::unknown));
                }
            }
        }
        streams
    }

    fn is_host_name(&self, ty: crate::Ty) -> bool {
        match ty.peel_refs().kind() {
            TyKind::Prim(Prim::Str) => true,
            TyKind::Adt(adt, _) => self.world().adt(*adt).name.as_str() == "String",
            TyKind::Tuple(parts) => parts.first().is_some_and(|t| self.is_host_name(*t)),
            _ => false,
        }
    }

    /// A file, socket, pipe or terminal, or something around one. Who writes to the terminal is not reported, as who says `println!` is not.
    fn is_device_ty(&self, ty: crate::Ty, depth: u32) -> bool {
        let Some((adt, args)) = ty.peel_refs().as_adt() else { return false };
        if self.world().input(adt.krate).origin == CrateOrigin::Std {
            let path = self.world().adt_path(adt);
            let devices =
                ["std::fs::", "std::net::", "std::os::", "std::process::", "std::io::stdio::", "std::io::pipe::"];
            let is_printed = path.starts_with("std::io::stdio::Std") && !path.contains("::Stdin");
            if !is_printed && devices.iter().any(|d| path.starts_with(d)) {
                return true;
            }
        }
        depth < 4 && args.iter().any(|t| self.is_device_ty(*t, depth + 1))
    }

    /// `socket.set_nonblocking(true)` in the same body.
    pub(super) fn is_set_nonblocking(&self, body: &TypedBody, call: ExprId) -> bool {
        let Expr::MethodCall(method) = &body.types.body[call] else { return false };
        self.is_nonblocking(body, method.receiver)
    }

    /// Is one of a call's arguments such a socket?
    pub(super) fn gives_nonblocking(&self, body: &TypedBody, call: ExprId) -> bool {
        super::call_args(&body.types.body[call]).iter().any(|arg| self.is_nonblocking(body, *arg))
    }

    fn is_nonblocking(&self, body: &TypedBody, socket: ExprId) -> bool {
        let types = &body.types;
        let aliases = Aliases::new(self.world(), body);
        let made = body.local(socket).and_then(|local| aliases.value(local));
        if self.is_inside_of_reactor(body, made.unwrap_or(socket)) {
            return true;
        }
        let Some(place) = aliases.place(body, socket) else { return false };
        types.callees.keys().any(|other| match &types.body[*other] {
            Expr::MethodCall(m) if m.name.as_str() == "set_nonblocking" => {
                aliases.place(body, m.receiver).is_some_and(|p| p.overlaps(&place))
            }
            _ => false,
        })
    }

    /// `self.socket.get_ref()` where that is an `Async<TcpStream>`: who waits for events of a socket has made it non-blocking.
    fn is_inside_of_reactor(&self, body: &TypedBody, expr: ExprId) -> bool {
        let Some(Callee::Fn(callee)) = body.types.callees.get(&expr) else { return false };
        let world = self.world();
        let Container::Impl(imp) = world.func(callee.f).container else { return false };
        let Some((adt, _)) = world.impl_header(imp).self_ty.as_adt() else { return false };
        matches!(world.func(callee.f).name.as_str(), "get_ref" | "get_mut")
            && REACTORS.contains(&(world.input(adt.krate).name.as_str(), world.adt(adt).name.as_str()))
    }

    /// The receiver or the implementing type reads and writes memory only.
    pub fn is_in_memory(&self, callee: &FnCallee) -> bool {
        let Some(ty) = callee.self_ty.or(callee.receiver) else { return false };
        self.is_memory_ty(ty, 0)
    }

    /// Does the type read and write memory only?
    pub fn is_memory_ty(&self, ty: crate::Ty, depth: u32) -> bool {
        match ty.peel_refs().kind() {
            TyKind::Slice(_) | TyKind::Array(..) => true,
            TyKind::Adt(adt, args) => {
                self.facts().of_type(*adt).is_some_and(|f| f.memory().is_some())
                    || depth < 3 && {
                        // `BufReader<&[u8]>`, `Box<Cursor<..>>`
                        let name = self.world().adt(*adt).name;
                        matches!(name.as_str(), "BufReader" | "BufWriter" | "Box" | "Pin" | "Take" | "Chain")
                            && args.first().is_some_and(|t| self.is_memory_ty(*t, depth + 1))
                    }
            }
            _ => false,
        }
    }
}
