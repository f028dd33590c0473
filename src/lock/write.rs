//! A listing as the document that it can be read back from.

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use super::snapshot::{Entry, Snapshot};

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("LockSnapshot", 4)?;
        document.serialize_field("apiVersion", "arrears.dev/v1alpha1")?;
        document.serialize_field("kind", "LockSnapshot")?;
        document.serialize_field("metadata", &Metadata(self))?;
        document.serialize_field("spec", &Spec(self))?;
        document.end()
    }
}

struct Metadata<'s>(&'s Snapshot);

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut metadata = serializer.serialize_struct("Metadata", 1)?;
        let name = format!("{}.{}", self.0.account(), self.0.region());
        metadata.serialize_field("name", &name)?;
        metadata.end()
    }
}

struct Spec<'s>(&'s Snapshot);

impl Serialize for Spec<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let snapshot = self.0;
        let mut spec = serializer.serialize_struct("Spec", 6)?;
        spec.serialize_field("account", snapshot.account().as_str())?;
        spec.serialize_field("region", snapshot.region().as_str())?;
        if let Some(observed_at) = snapshot.observed_at() {
            spec.serialize_field("observedAt", &observed_at)?;
        }
        spec.serialize_field("source", snapshot.source().as_str())?;
        spec.serialize_field("instances", &Entries(|| snapshot.instances(), "disks"))?;
        spec.serialize_field("disks", &Entries(|| snapshot.disks(), "instances"))?;
        spec.end()
    }
}

/// The entries of one side, and what their attachments are called.
struct Entries<F>(F, &'static str);

impl<'s, F: Fn() -> I, I: Iterator<Item = Entry<'s>>> Serialize for Entries<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries = serializer.serialize_map(None)?;
        for entry in (self.0)() {
            entries.serialize_entry(entry.id(), &Lock(entry, self.1))?;
        }
        entries.end()
    }
}

struct Lock<'s>(Entry<'s>, &'static str);

impl Serialize for Lock<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(entry, attachments) = self;
        let mut lock = serializer.serialize_map(None)?;
        lock.serialize_entry("reasons", &Texts(|| entry.reasons()))?;
        if entry.attachments_known() {
            lock.serialize_entry(attachments, &Texts(|| entry.attached()))?;
        }
        lock.end()
    }
}

struct Texts<F>(F);

impl<'s, F: Fn() -> I, I: Iterator<Item = &'s str>> Serialize for Texts<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Builder, Source};
    use super::*;

    #[test]
    fn what_is_written_reads_back_the_same() {
        let observed_at = "2026-11-23T10:00:00Z".parse().unwrap();
        let builder = Builder::new(
            "prod".parse().unwrap(),
            "cn-hangzhou".parse().unwrap(),
            Source::Ecs,
        );
        let mut builder = builder.observed_at(observed_at);
        builder
            .instance("i-1", ["financial", "security"], Some(["d-1", "d-2"]))
            .unwrap();
        builder
            .instance("i-2", ["financial"], None::<[&str; 0]>)
            .unwrap();
        builder.disk("d-1", ["financial"], ["i-1"]).unwrap();
        builder.disk("d-3", ["financial"], [""; 0]).unwrap();
        let snapshot = builder.finish().unwrap();
        let json = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou"},"#,
                r#""spec":{"account":"prod","region":"cn-hangzhou","observedAt":"2026-11-23T10:00:00Z","source":"Ecs","#,
                r#""instances":{"i-1":{"reasons":["financial","security"],"disks":["d-1","d-2"]},"i-2":{"reasons":["financial"]}},"#,
                r#""disks":{"d-1":{"reasons":["financial"],"instances":["i-1"]},"d-3":{"reasons":["financial"],"instances":[]}}}}"#
            )
        );
        let again = Snapshot::from_json(json.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
        let yaml = serde_saphyr::to_string(&snapshot).unwrap();
        let again = Snapshot::from_yaml(&yaml).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
    }
}
