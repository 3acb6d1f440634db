//! toecap-knowledge
