//! From one bracket to the one that closes it, without looking at every token.

use super::{CLASSES, Lexer, NESTS, Token, is_ident_continue};

impl Lexer<'_> {
    /// From behind an opening bracket to the one that closes it, or to the end. Of the tokens in between `comment` gets the comments.
    pub(crate) fn skip_block(&mut self, mut comment: impl FnMut(Token)) {
        let mut depth = 0_u32;
        loop {
            self.skip_while(|byte| CLASSES[byte as usize] & NESTS == 0);
            match self.peek(0) {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth == 0 => return,
                b')' | b']' | b'}' => depth -= 1,
                b'"' => {
                    self.string_in_block();
                    continue;
                }
                b'\'' => {
                    self.quote();
                    continue;
                }
                b'/' if matches!(self.peek(1), b'/' | b'*') => {
                    let lo = self.at as u32;
                    let kind = self.token();
                    comment(Token { kind, lo, hi: self.at.min(self.bytes.len()) as u32 });
                    continue;
                }
                b'/' => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    /// A quote, before which there may be what makes a string raw.
    fn string_in_block(&mut self) {
        let before = &self.bytes[..self.at];
        let hashes = before.iter().rev().take_while(|byte| **byte == b'#').count();
        let before = &before[..before.len() - hashes];
        let word = before.iter().rev().take_while(|byte| is_ident_continue(**byte)).count();
        if matches!(&before[before.len() - word..], b"r" | b"br" | b"cr") {
            self.at -= hashes;
            self.raw_string();
        } else {
            self.at += 1;
            self.quoted(b'"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_where_its_bracket_does() {
        let block = r####"{ '}' '{' "}\"" r"\" r#"}"}"# br##"}"#"## b'}' 'a: { x / y } /* } */ // } 
            [(r#type, "x"#)] } rest"####;
        let mut lexer = Lexer::new(block);
        lexer.next();
        let mut comments = Vec::new();
        lexer.skip_block(|token| comments.push(token.text(block)));
        assert_eq!(comments, ["/* } */", "// } "]);
        let texts: Vec<_> = lexer.map(|token| token.text(block)).collect();
        assert_eq!(texts, ["}", "rest"]);
        for open in ["{ ( }", "{ \"", "{ '", "{ /*", "{ r#\"", "{ \"\\"] {
            let mut lexer = Lexer::new(open);
            lexer.next();
            lexer.skip_block(|_| {});
            assert_eq!(lexer.next(), None, "{open}");
        }
    }
}
