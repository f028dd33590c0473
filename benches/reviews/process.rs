//! A server under measurement, as a process of its own: started, looked at through `/proc`, and killed at the end.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::site::Site;

/// Which server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// The webhook.
    Arrears,
    /// The bare server.
    Floor,
}

/// A running server.
pub(crate) struct Process {
    /// Where it listens, or soon will.
    pub(crate) address: SocketAddr,
    /// When it was started.
    pub(crate) started: Instant,
    /// What it is.
    pub(crate) program: Program,
    child: Child,
    log: PathBuf,
}

/// Resident memory, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) current: u64,
    /// The most it ever was.
    pub(crate) peak: u64,
}

impl Program {
    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Arrears => "arrears",
            Self::Floor => "floor",
        }
    }

    /// Starts it on a port that nobody else has.
    pub(crate) fn start(self, site: &Site) -> anyhow::Result<Process> {
        self.start_with(site, &[])
    }

    /// The same, with these variables.
    pub(crate) fn start_with(
        self,
        site: &Site,
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Process> {
        let address = free_address()?;
        let mut command = match self {
            Self::Arrears => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_arrears"));
                command.args(["--log-format", "json", "serve"]);
                command.args(["--admin-listen", "127.0.0.1:0"]);
                command.arg("--config").arg(site.config());
                command
            }
            Self::Floor => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg("floor");
                command
            }
        };
        command.arg("--listen").arg(address.to_string());
        command.arg("--tls-cert").arg(site.tls_cert());
        command.arg("--tls-key").arg(site.tls_key());
        let log = site.log(self.name());
        // No variable of the caller's is to change log level, worker threads or configuration of either server.
        command
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.stderr(File::create(&log)?);
        let started = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("starting {}", self.name()))?;
        Ok(Process {
            address,
            started,
            program: self,
            child,
            log,
        })
    }
}

impl Process {
    /// User and system time so far.
    pub(crate) fn cpu_time(&self) -> anyhow::Result<Duration> {
        cpu_time_of(self.child.id())
    }

    /// Resident memory.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let status = read_proc(self.child.id(), "status")?;
        let kilobytes = |name: &str| -> anyhow::Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let figure = line.and_then(|line| line.split_whitespace().next());
            Ok(figure
                .with_context(|| format!("status without {name}"))?
                .parse()?)
        };
        Ok(Memory {
            current: kilobytes("VmRSS:")? * 1024,
            peak: kilobytes("VmHWM:")? * 1024,
        })
    }

    /// Makes it list every region now.
    pub(crate) fn hang_up(&self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id())?;
        let pid = rustix::process::Pid::from_raw(pid).context("no process")?;
        rustix::process::kill_process(pid, rustix::process::Signal::HUP)?;
        Ok(())
    }

    /// An error, with the end of its log, if it has exited.
    pub(crate) fn check_alive(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!(
                "{} ended with {status}; the end of its log:\n{}",
                self.program.name(),
                end_of(&self.log)
            ),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody left to tell.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// User and system time of any process so far.
///
/// The kernel counts in hundredths of a second here, on every architecture: a window must be seconds long.
pub(crate) fn cpu_time_of(process: u32) -> anyhow::Result<Duration> {
    let stat = read_proc(process, "stat")?;
    // The second field is the command in parentheses, which may hold anything; utime and stime are the 14th and 15th.
    let (_, fields) = stat.rsplit_once(") ").context("stat without a command")?;
    let mut ticks = fields.split(' ').skip(11).map(str::parse::<u64>);
    let (Some(user), Some(system)) = (ticks.next(), ticks.next()) else {
        bail!("stat without times");
    };
    Ok(Duration::from_millis((user? + system?) * 10))
}

fn read_proc(process: u32, file: &str) -> anyhow::Result<String> {
    let path = format!("/proc/{process}/{file}");
    fs::read_to_string(&path).context(path)
}

/// An address below the range of ephemeral ports: a client that keeps dialling a port of that range before anybody
/// listens may be given the very port as its own, and so reach itself. No address is given out twice.
fn free_address() -> anyhow::Result<SocketAddr> {
    static GIVEN_OUT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + (std::process::id() % 10_000) as u16;
    std::iter::repeat_with(|| first + GIVEN_OUT.fetch_add(1, Ordering::Relaxed))
        .take(1_000)
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .find(|&address| TcpListener::bind(address).is_ok())
        .context("no free port")
}

fn end_of(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(10).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
