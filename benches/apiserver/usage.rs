//! What the processes of a run, and the machine, have used of the processors.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, bail};

/// What the processes had used at one moment.
#[derive(Clone, Copy)]
pub(crate) struct CpuTimes {
    /// kube-apiserver.
    pub(crate) api_server: Duration,
    /// The webhook's server; nothing where there is none.
    pub(crate) webhook: Duration,
    /// This process.
    pub(crate) client: Duration,
    /// The whole machine: etcd too, and whatever else runs on it.
    pub(crate) machine: Duration,
}

// === impl CpuTimes ===

impl CpuTimes {
    /// What was used since an earlier moment.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            api_server: self.api_server.saturating_sub(earlier.api_server),
            webhook: self.webhook.saturating_sub(earlier.webhook),
            client: self.client.saturating_sub(earlier.client),
            machine: self.machine.saturating_sub(earlier.machine),
        }
    }
}

/// What all processors have done since boot, or were kept from doing by a hypervisor.
pub(crate) fn machine() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let all = stat
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("cpu "));
    let fields = all.context("no sum over all processors")?;
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already.
    let ticks = fields.split_whitespace().take(8).enumerate();
    let busy = ticks.filter(|(index, _)| !matches!(index, 3 | 4));
    let ticks = busy.map(|(_, ticks)| ticks.parse::<u64>());
    Ok(Duration::from_millis(ticks.sum::<Result<u64, _>>()? * 10))
}

/// The process of this name that works in this folder: its parent is the guard, whose name is another.
pub(crate) fn process_of(folder: &Path, name: &str) -> anyhow::Result<u32> {
    let folder = folder.to_string_lossy();
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path();
        // Processes come and go meanwhile.
        let read = |file: &str| fs::read(path.join(file)).unwrap_or_default();
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Ok(number) = file_name.parse()
            && read("comm").trim_ascii_end() == name.as_bytes()
            && String::from_utf8_lossy(&read("cmdline")).contains(&*folder)
        {
            return Ok(number);
        }
    }
    bail!("there is no process {name}")
}
