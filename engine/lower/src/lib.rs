//! toecap-lower
