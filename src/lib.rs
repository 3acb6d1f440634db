//! toecap
