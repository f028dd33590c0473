//! One test for each fault, in rooms by what fails.

#[path = "faults/certificates.rs"]
mod certificates;
#[path = "faults/clock.rs"]
mod clock;
#[path = "faults/cloud.rs"]
mod cloud;
#[path = "faults/configuration.rs"]
mod configuration;
#[path = "faults/crowd.rs"]
mod crowd;
#[path = "faults/leader.rs"]
mod leader;
#[path = "faults/memory.rs"]
mod memory;
#[path = "faults/plane.rs"]
mod plane;
#[path = "faults/process.rs"]
mod process;
#[path = "faults/uninstall.rs"]
mod uninstall;
#[path = "faults/watches.rs"]
mod watches;
