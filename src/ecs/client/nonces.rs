//! Numbers that are used once.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand;

/// A run of numbers that no other client has.
#[derive(Debug)]
pub(super) struct Nonces {
    run: u128,
    count: AtomicU64,
}

impl Nonces {
    /// Begins a run by chance.
    pub(super) fn new() -> Result<Self, String> {
        let mut bytes = [0; 16];
        rand::fill(&mut bytes).map_err(|_| "the system gives no random numbers".to_owned())?;
        Ok(Self {
            run: u128::from_le_bytes(bytes),
            count: AtomicU64::new(0),
        })
    }

    /// The next one, for a signature.
    pub(super) fn next(&self) -> String {
        format!("{:032x}{:016x}", self.run, self.number())
    }

    /// The next one, for chance to begin with.
    pub(super) fn seed(&self) -> u64 {
        // Half of a random number is one.
        (self.run as u64).wrapping_add(self.number())
    }

    fn number(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_nonce_comes_twice_from_one_client_or_from_two() {
        let clients = [Nonces::new().unwrap(), Nonces::new().unwrap()];
        let nonces: HashSet<_> = (0..2000).map(|number| clients[number % 2].next()).collect();
        assert_eq!(nonces.len(), 2000);
        assert!(nonces.iter().all(|nonce| nonce.len() == 48));
    }
}
