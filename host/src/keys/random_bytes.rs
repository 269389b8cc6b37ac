//! Random bytes for a batch, drawn from the system by the page: a call for each token and each nonce costs more than the
//! ciphers.

use super::KeyError;

/// How many bytes are drawn at once.
const PAGE: usize = 4096;

/// Random bytes that nobody else gets. For one batch of one thread.
pub(crate) struct RandomBytes {
    page: Box<[u8; PAGE]>,
    used: usize,
}

impl RandomBytes {
    /// Nothing is drawn before it is taken.
    pub(crate) fn new() -> Self {
        Self { page: Box::new([0; PAGE]), used: PAGE }
    }

    /// The next bytes, which are taken once.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], KeyError> {
        const { assert!(N <= PAGE, "no more than a page is taken at once") };
        if let Some(taken) = self.page.get(self.used..).and_then(|rest| rest.first_chunk()) {
            self.used = self.used.saturating_add(N);
            return Ok(*taken);
        }
        getrandom::fill(self.page.as_mut_slice()).map_err(|_| KeyError::NoRandomness)?;
        self.used = N;
        self.page.first_chunk().copied().ok_or(KeyError::NoRandomness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_bytes_are_taken_twice() {
        let (mut one, mut other) = (RandomBytes::new(), RandomBytes::new());
        let drawn: HashSet<[u8; 12]> = (0..2000).flat_map(|_| [one.take().unwrap(), other.take().unwrap()]).collect();
        assert_eq!(drawn.len(), 4000);
        let pages: HashSet<[u8; PAGE]> = (0..3).map(|_| one.take().unwrap()).collect();
        assert_eq!(pages.len(), 3);
    }
}
