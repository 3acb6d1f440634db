//! toecap-project
