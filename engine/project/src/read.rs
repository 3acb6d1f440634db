//! Reads one source file, or says why not and what to do.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Files beyond this are not read: spans are `u32`, and nobody writes 64 MB of Rust by hand.
pub const MAX_SOURCE_BYTES: u64 = 64 * 1024 * 1024;

/// Why a source could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The file; `<stdin>` for standard input.
    pub path: PathBuf,
    /// What is wrong with it.
    pub kind: ReadErrorKind,
}

/// What is wrong with a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// No such file.
    NotFound,
    /// Not allowed to.
    PermissionDenied,
    /// A folder, device, pipe or socket.
    NotAFile,
    /// More bytes than [`MAX_SOURCE_BYTES`].
    TooLarge(u64),
    /// The first bad byte: offset, 1-based line, its value.
    NotUtf8 {
        /// 0-based offset in the file.
        offset: usize,
        /// 1-based line.
        line: usize,
        /// The byte.
        byte: u8,
    },
    /// Starts with the byte order mark of UTF-16.
    Utf16,
    /// Anything else, in the system's words.
    Other(String),
}

/// Reads a source file as it is (a UTF-8 byte order mark stays).
///
/// # Errors
/// See [`ReadErrorKind`]. Never blocks on a pipe or device.
pub fn read_source(path: &Path) -> Result<String, ReadError> {
    let error = |kind| ReadError { path: path.to_owned(), kind };
    let about = std::fs::metadata(path).map_err(|e| error(e.into()))?;
    if !about.is_file() {
        return Err(error(ReadErrorKind::NotAFile));
    }
    if about.len() > MAX_SOURCE_BYTES {
        return Err(error(ReadErrorKind::TooLarge(about.len())));
    }
    let mut bytes = Vec::with_capacity(about.len() as usize + 1);
    let file = File::open(path).map_err(|e| error(e.into()))?;
    file.take(MAX_SOURCE_BYTES + 1).read_to_end(&mut bytes).map_err(|e| error(e.into()))?;
    decode_source(path, bytes)
}

/// Reads standard input to its end.
///
/// # Errors
/// As [`read_source`].
pub fn read_stdin() -> Result<String, ReadError> {
    let path = Path::new("<stdin>");
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(MAX_SOURCE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|e| ReadError { path: path.to_owned(), kind: e.into() })?;
    decode_source(path, bytes)
}

/// Bytes of a source as text; `path` is for the message.
///
/// # Errors
/// When they are too many or not UTF-8.
pub fn decode_source(path: &Path, bytes: Vec<u8>) -> Result<String, ReadError> {
    let error = |kind| ReadError { path: path.to_owned(), kind };
    if bytes.len() as u64 > MAX_SOURCE_BYTES {
        return Err(error(ReadErrorKind::TooLarge(bytes.len() as u64)));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(error(ReadErrorKind::Utf16));
    }
    String::from_utf8(bytes).map_err(|e| {
        let offset = e.utf8_error().valid_up_to();
        let bytes = e.as_bytes();
        let line = bytes[..offset].iter().filter(|&&b| b == b'\n').count() + 1;
        error(ReadErrorKind::NotUtf8 { offset, line, byte: bytes.get(offset).copied().unwrap_or(0) })
    })
}

impl From<io::Error> for ReadErrorKind {
    fn from(error: io::Error) -> ReadErrorKind {
        match error.kind() {
            io::ErrorKind::NotFound => ReadErrorKind::NotFound,
            io::ErrorKind::PermissionDenied => ReadErrorKind::PermissionDenied,
            io::ErrorKind::IsADirectory => ReadErrorKind::NotAFile,
            _ => ReadErrorKind::Other(error.to_string()),
        }
    }
}

impl ReadError {
    /// 1-based line of the trouble, where there is one.
    pub fn line(&self) -> Option<usize> {
        match self.kind {
            ReadErrorKind::NotUtf8 { line, .. } => Some(line),
            ReadErrorKind::Utf16 => Some(1),
            _ => None,
        }
    }
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self.kind {
            ReadErrorKind::NotFound => "check the path, or the `mod` declaration that leads there",
            ReadErrorKind::PermissionDenied => "make the file readable, or leave it out",
            ReadErrorKind::NotAFile => "pass a `.rs` file or a folder that holds some",
            ReadErrorKind::TooLarge(_) => "generated files of this size are not analysed; split it or leave it out",
            ReadErrorKind::NotUtf8 { .. } | ReadErrorKind::Utf16 => {
                "Rust sources are UTF-8: save the file in that encoding"
            }
            ReadErrorKind::Other(_) => "check the disk and the path",
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "couldn't read `{}`: ", self.path.display())?;
        match &self.kind {
            ReadErrorKind::NotFound => f.write_str("no such file"),
            ReadErrorKind::PermissionDenied => f.write_str("permission denied"),
            ReadErrorKind::NotAFile => f.write_str("it is not a regular file"),
            ReadErrorKind::TooLarge(bytes) => {
                write!(f, "it has more than {} MB ({bytes} bytes)", MAX_SOURCE_BYTES >> 20)
            }
            ReadErrorKind::NotUtf8 { offset, line, byte } => {
                write!(f, "not UTF-8: byte 0x{byte:02x} at offset {offset}, line {line}")
            }
            ReadErrorKind::Utf16 => f.write_str("it is UTF-16, not UTF-8"),
            ReadErrorKind::Other(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for ReadError {}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn decode(bytes: &[u8]) -> Result<String, ReadErrorKind> {
        decode_source(Path::new("a.rs"), bytes.to_vec()).map_err(|e| e.kind)
    }

    #[test]
    fn bytes_that_are_no_text_have_a_place() {
        assert_eq!(decode(b"fn a() {}").unwrap(), "fn a() {}");
        assert_eq!(decode(b"\xef\xbb\xbffn a() {}").unwrap(), "\u{feff}fn a() {}");
        assert_eq!(decode(b"a\n\nb\xe4"), Err(ReadErrorKind::NotUtf8 { offset: 4, line: 3, byte: 0xe4 }));
        assert_eq!(decode(b"\xff\xfea\0"), Err(ReadErrorKind::Utf16));
        assert_eq!(decode(b"\xfe\xff\0a"), Err(ReadErrorKind::Utf16));
    }

    #[test]
    fn what_is_no_file_is_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_source(dir.path()).unwrap_err().kind, ReadErrorKind::NotAFile);
        let missing = read_source(&dir.path().join("no.rs")).unwrap_err();
        assert_eq!(missing.kind, ReadErrorKind::NotFound);
        assert!(missing.to_string().ends_with("no.rs`: no such file"), "{missing}");
        let large = dir.path().join("large.rs");
        File::create(&large).unwrap().set_len(MAX_SOURCE_BYTES + 1).unwrap();
        assert_eq!(read_source(&large).unwrap_err().kind, ReadErrorKind::TooLarge(MAX_SOURCE_BYTES + 1));
    }

    #[cfg(unix)]
    #[test]
    fn devices_do_not_hang_the_run() {
        assert_eq!(read_source(Path::new("/dev/zero")).unwrap_err().kind, ReadErrorKind::NotAFile);
    }
}
