//! What a test says is in the cloud: accounts, their regions, what is locked and what is paid.

use jiff::Timestamp;

use super::{
    Cloud,
    keys::{AccessKey, Denial, Role, TemporaryKeys, TokenState},
    region::{self, Disk, Locks, Mass},
};

/// An account of a cloud.
#[derive(Clone, Copy)]
pub(crate) struct Account<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) number: usize,
}

/// A region as one account has it.
#[derive(Clone)]
pub(crate) struct Region<'a> {
    account: Account<'a>,
    name: String,
}

impl<'a> Account<'a> {
    pub(super) const fn number(&self) -> usize {
        self.number
    }

    /// One more access key.
    pub(crate) fn key(&self, id: &str, secret: &str) -> &Self {
        let key = AccessKey {
            account: self.number,
            secret: secret.to_owned(),
            active: true,
            session: None,
        };
        self.cloud.world().keys.insert(id.to_owned(), key);
        self
    }

    /// Keys that are good until then.
    pub(crate) fn temporary_keys(&self, expires: Timestamp) -> TemporaryKeys {
        self.cloud.world().open_session(self.number, expires)
    }

    /// The look-up `action` is not permitted to this account any more.
    pub(crate) fn deny(&self, action: &str, denial: Denial) -> &Self {
        let mut world = self.cloud.world();
        let denied = &mut world.accounts[self.number].denied;
        denied.insert(action.to_owned(), denial);
        self
    }

    /// It is permitted again.
    pub(crate) fn allow(&self, action: &str) -> &Self {
        self.cloud.world().accounts[self.number]
            .denied
            .remove(action);
        self
    }

    /// A role of this account that the keys of `trusted` may assume.
    pub(crate) fn role(&self, arn: &str, trusted: Account<'_>) -> &Self {
        self.change_role(arn, |role| _ = role.trusts.insert(trusted.number))
    }

    /// A role of this account that a token of this OIDC provider opens, or does not any more.
    pub(crate) fn oidc_role(
        &self,
        arn: &str,
        provider: &str,
        token: &str,
        state: TokenState,
    ) -> &Self {
        self.change_role(arn, |role| {
            role.provider = Some(provider.to_owned());
            role.tokens.insert(token.to_owned(), state);
        })
    }

    fn change_role(&self, arn: &str, change: impl FnOnce(&mut Role)) -> &Self {
        let mut world = self.cloud.world();
        let role = world.roles.entry(arn.to_owned()).or_default();
        role.account = self.number;
        change(role);
        self
    }

    /// One of its regions, which is there from now on.
    pub(crate) fn region(&self, name: &str) -> Region<'a> {
        self.cloud.world().regions.insert(name.to_owned());
        Region {
            account: *self,
            name: name.to_owned(),
        }
    }
}

impl Region<'_> {
    /// There is an instance, which is not locked.
    pub(crate) fn instance(&self, id: &str) -> &Self {
        self.set_instance(id, Locks::none())
    }

    /// There is an instance with such locks.
    pub(crate) fn lock_instance(&self, id: &str, reasons: impl AsRef<[&'static str]>) -> &Self {
        self.set_instance(id, locks(reasons.as_ref()))
    }

    /// There is an instance, of whose locks this is said.
    pub(crate) fn set_instance(&self, id: &str, locks: Locks) -> &Self {
        plain(id);
        self.change(|region| _ = region.instances.insert(id.to_owned(), locks))
    }

    /// An instance that is there loses its locks.
    pub(crate) fn pay_instance(&self, id: &str) -> &Self {
        self.change(|region| match region.instances.get_mut(id) {
            Some(locks) => *locks = Locks::none(),
            None => assert!(
                region.many_instances.pay(id, "i-"),
                "there is no instance {id}"
            ),
        })
    }

    /// The instance is no more, and its disks are attached to nothing.
    pub(crate) fn delete_instance(&self, id: &str) -> &Self {
        self.change(|region| {
            assert!(
                region.instances.remove(id).is_some(),
                "there is no instance {id}"
            );
            for disk in region.disks.values_mut() {
                disk.attachments.retain(|on| on != id);
                disk.mounts.retain(|on| on != id);
            }
        })
    }

    /// The instance is in another region from now on, with the locks that it has.
    pub(crate) fn move_instance(&self, id: &str, to: &Region<'_>) -> &Self {
        let mut locks = None;
        self.change(|region| locks = region.instances.remove(id));
        to.set_instance(id, locks.expect("the instance is there"));
        self
    }

    /// There is a disk, which is not locked and on nothing.
    pub(crate) fn disk(&self, id: &str) -> &Self {
        self.set_disk(id, Locks::none())
    }

    /// There is a disk with such locks; it stays where it is attached.
    pub(crate) fn lock_disk(&self, id: &str, reasons: impl AsRef<[&'static str]>) -> &Self {
        self.set_disk(id, locks(reasons.as_ref()))
    }

    /// There is a disk, of whose locks this is said; it stays where it is attached.
    pub(crate) fn set_disk(&self, id: &str, locks: Locks) -> &Self {
        plain(id);
        self.change(|region| region.disks.entry(id.to_owned()).or_default().locks = locks)
    }

    /// A disk that is there loses its locks.
    pub(crate) fn pay_disk(&self, id: &str) -> &Self {
        self.change(|region| match region.disks.get_mut(id) {
            Some(disk) => disk.locks = Locks::none(),
            None => assert!(region.many_disks.pay(id, "d-"), "there is no disk {id}"),
        })
    }

    /// A disk is on one more instance.
    pub(crate) fn attach(&self, disk: &str, instance: &str) -> &Self {
        plain(instance);
        self.change_disk(disk, |disk| disk.attachments.push(instance.to_owned()))
    }

    /// The same in the old way: named among `MountInstances` alone.
    pub(crate) fn mount(&self, disk: &str, instance: &str) -> &Self {
        plain(instance);
        self.change_disk(disk, |disk| disk.mounts.push(instance.to_owned()))
    }

    /// A disk leaves an instance.
    pub(crate) fn detach(&self, disk: &str, instance: &str) -> &Self {
        self.change_disk(disk, |disk| {
            disk.attachments.retain(|on| on != instance);
            disk.mounts.retain(|on| on != instance);
        })
    }

    /// A disk is no more.
    pub(crate) fn delete_disk(&self, id: &str) -> &Self {
        self.change(|region| {
            assert!(region.disks.remove(id).is_some(), "there is no disk {id}");
        })
    }

    /// Everything in the region is paid.
    pub(crate) fn pay_all(&self) -> &Self {
        self.change(|region| {
            region
                .instances
                .values_mut()
                .for_each(|locks| *locks = Locks::none());
            region
                .disks
                .values_mut()
                .for_each(|disk| disk.locks = Locks::none());
            region.many_instances = Mass::of(0);
            region.many_disks = Mass::of(0);
        })
    }

    /// So many instances and disks more, all locked, whose ids are [`many_instance`] and [`many_disk`] of 0, 1, ...
    pub(crate) fn lock_many(&self, instances: usize, disks: usize) -> &Self {
        self.change(|region| {
            region.many_instances = Mass::of(instances);
            region.many_disks = Mass::of(disks);
        })
    }

    fn change_disk(&self, id: &str, change: impl FnOnce(&mut Disk)) -> &Self {
        self.change(|region| change(region.disks.get_mut(id).expect("the disk is there")))
    }

    fn change(&self, change: impl FnOnce(&mut region::Region)) -> &Self {
        let mut world = self.account.cloud.world();
        let regions = &mut world.accounts[self.account.number].regions;
        change(regions.entry(self.name.clone()).or_default());
        self
    }
}

/// The id of an instance of [`Region::lock_many`].
pub(crate) fn many_instance(number: usize) -> String {
    Mass::id("i-", number)
}

/// The id of a disk of [`Region::lock_many`].
pub(crate) fn many_disk(number: usize) -> String {
    Mass::id("d-", number)
}

fn locks(reasons: &[&str]) -> Locks {
    reasons.iter().for_each(|reason| plain(reason));
    Locks::Reasons(reasons.iter().map(|&reason| reason.to_owned()).collect())
}

/// What goes into JSON as it is.
fn plain(text: &str) {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    assert!(text.chars().all(is_plain), "`{text}` is no id or reason");
}
