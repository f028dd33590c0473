//! Resident memory: after many reviews, no two of them alike, and with many locked ids.
//!
//! Fifteen creations to one update of 30 kB; the 1 MB bodies are left out, since buffers of that size would hide a
//! leak of some bytes per name, which is what this looks for.

use std::sync::Arc;

use crate::{
    bodies::Body,
    client::{Client, Extent},
    process::{Memory, Program},
    report::{line, megabytes},
    site::{Site, SnapshotFormat},
    start::await_first_answer,
};

/// Reports it.
pub(crate) async fn measure(quick: bool, connections: usize) -> anyhow::Result<()> {
    let scale = if quick { 100 } else { 1 };
    growth(
        Program::Floor,
        200_000 / scale,
        400_000 / scale,
        connections,
    )
    .await?;
    growth(
        Program::Arrears,
        200_000 / scale,
        2_000_000 / scale,
        connections,
    )
    .await?;
    let many = if quick { 100_000 } else { 1_000_000 };
    loaded(many, SnapshotFormat::Json, "JSON").await?;
    loaded(many, SnapshotFormat::Yaml, "YAML").await
}

async fn growth(program: Program, few: u64, many: u64, connections: usize) -> anyhow::Result<()> {
    let site = Site::new(10_000, SnapshotFormat::Json)?;
    let client = Client::new(&site)?;
    let mut process = program.start(&site)?;
    await_first_answer(&client, &mut process).await?;
    show(program, "10,000 ids, loaded", process.memory()?)?;

    let create = Arc::new(Body::create()?);
    let mut bodies: Vec<_> = std::iter::repeat_n(create, 15).collect();
    bodies.push(Arc::new(Body::update()?));
    let mut load = async |count| -> anyhow::Result<Memory> {
        let extent = Extent::Reviews(count);
        client
            .load(&mut process, &bodies, extent, connections)
            .await?;
        process.memory()
    };
    let before = load(few).await?;
    show(program, &format!("after {few} reviews"), before)?;
    let after = load(many - few).await?;
    show(program, &format!("after {many} reviews"), after)?;
    let growth = after.current as f64 / before.current as f64 - 1.0;
    line(format!(
        "{:<8} growth {:+.1} %",
        program.name(),
        growth * 100.0
    ))?;
    Ok(())
}

async fn loaded(locked_ids: u64, format: SnapshotFormat, name: &str) -> anyhow::Result<()> {
    let site = Site::new(locked_ids, format)?;
    let mut process = Program::Arrears.start(&site)?;
    await_first_answer(&Client::new(&site)?, &mut process).await?;
    let label = format!("{locked_ids} ids in {name}, loaded");
    show(Program::Arrears, &label, process.memory()?)
}

fn show(program: Program, label: &str, memory: Memory) -> anyhow::Result<()> {
    line(format!(
        "{:<8} {label:<32} now {:>9}  peak {:>9}",
        program.name(),
        megabytes(memory.current),
        megabytes(memory.peak)
    ))?;
    Ok(())
}
