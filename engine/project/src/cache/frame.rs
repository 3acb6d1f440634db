//! What every file of the cache is wrapped in, so that only what was written whole, by this version, is read.
//!
//! ```text
//! magic │ fingerprint of the version │ checksum of the content │ content
//! ```

use super::key::checksum;

const MAGIC: &[u8; 8] = b"toecap\x01\n";

/// Length of what stands before the content.
pub(super) const START: usize = 24;

/// The content with what shows that it is whole.
pub(super) fn sealed(fingerprint: u64, content: &[u8]) -> Vec<u8> {
    let mut bytes = start(fingerprint, content).to_vec();
    bytes.extend_from_slice(content);
    bytes
}

/// The content; none when a single byte is not as it was written.
pub(super) fn content(fingerprint: u64, bytes: &[u8]) -> Option<&[u8]> {
    let content = bytes.get(START..)?;
    (bytes[..START] == start(fingerprint, content)).then_some(content)
}

fn start(fingerprint: u64, content: &[u8]) -> [u8; START] {
    let mut start = [0; START];
    start[..8].copy_from_slice(MAGIC);
    start[8..16].copy_from_slice(&fingerprint.to_le_bytes());
    start[16..].copy_from_slice(&checksum(content).to_le_bytes());
    start
}
