//! toecap-lints
