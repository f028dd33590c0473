//! A listing made in memory: what the poller of the cloud fills, page by page.

use jiff::Timestamp;

use super::error::{Error, ErrorKind};
use super::id;
use super::index::{IndexDraft, Side};
use super::reasons;
use super::snapshot::{Head, Part, Snapshot, Source};
use crate::api::{AccountName, RegionId};

/// Collects the entries of one complete listing.
#[derive(Debug)]
pub struct Builder {
    head: Head,
    draft: IndexDraft,
}

impl Builder {
    /// An empty listing: nothing is locked.
    pub fn new(account: AccountName, region: RegionId, source: Source) -> Self {
        Self {
            head: Head {
                account,
                region,
                observed_at: None,
                source,
            },
            draft: IndexDraft::default(),
        }
    }

    /// Says when the listing began.
    #[must_use]
    pub fn observed_at(mut self, observed_at: Timestamp) -> Self {
        self.head.observed_at = Some(observed_at);
        self
    }

    /// Adds an instance; `disks` is none where its attachments are not known.
    ///
    /// An id that was added before is an error and leaves the listing as it was.
    pub fn instance<R, D>(&mut self, id: &str, reasons: R, disks: Option<D>) -> Result<(), Error>
    where
        R: IntoIterator<Item: AsRef<str>>,
        D: IntoIterator<Item: AsRef<str>>,
    {
        self.entry(Side::Instances, id, reasons, disks)
    }

    /// Adds a disk; `instances` is where it is attached, none of them if it is not.
    ///
    /// An id that was added before is an error and leaves the listing as it was.
    pub fn disk<R, I>(&mut self, id: &str, reasons: R, instances: I) -> Result<(), Error>
    where
        R: IntoIterator<Item: AsRef<str>>,
        I: IntoIterator<Item: AsRef<str>>,
    {
        self.entry(Side::Disks, id, reasons, Some(instances))
    }

    fn entry<R, A>(
        &mut self,
        side: Side,
        id: &str,
        reasons: R,
        attachments: Option<A>,
    ) -> Result<(), Error>
    where
        R: IntoIterator<Item: AsRef<str>>,
        A: IntoIterator<Item: AsRef<str>>,
    {
        check(side, id)?;
        let row = self.draft.list(side, id)?;
        let mut list = reasons::Draft::new();
        for reason in reasons {
            self.draft.push_reason(&mut list, reason.as_ref())?;
        }
        self.draft.set_reasons(side, row, &list)?;
        let Some(attachments) = attachments else {
            return Ok(());
        };
        self.draft.set_attachments_known(side, row);
        for other in attachments {
            check(side.other(), other.as_ref())?;
            self.draft.attach(side, row, other.as_ref())?;
        }
        Ok(())
    }

    /// The complete listing.
    pub fn finish(self) -> Result<Snapshot, Error> {
        Ok(Snapshot::new(self.head, self.draft.finish()?))
    }

    /// Takes over another listing's entries, of which none may be here already.
    pub(super) fn take(&mut self, part: &Part) -> Result<(), Error> {
        for side in [Side::Instances, Side::Disks] {
            part.copy_into(&mut self.draft, side)?;
        }
        Ok(())
    }
}

/// Says whether a text may be an id on this side.
pub(super) fn check(side: Side, id: &str) -> Result<(), Error> {
    let checked = match side {
        Side::Instances => id::check_instance(id),
        Side::Disks => id::check_disk(id),
    };
    checked.map_err(|error| {
        let id: String = id.chars().take(80).flat_map(char::escape_debug).collect();
        Error::new(ErrorKind::Invalid, format!("`{id}` {error}"))
    })
}
