//! The vendor's own SDK against the double: what it sends is let in, what it is answered it reads, and what it signed
//! arrears signs the same.
//!
//! For Go there is the runtime that the vendor's generated clients call through, for Python the ECS client with its models.
//! Where one can't be had the test of it says so and is passed over.

#[path = "cases.rs"]
mod cases;
#[path = "driver.rs"]
mod driver;
#[path = "programs.rs"]
mod programs;
#[path = "resigned.rs"]
mod resigned;

use driver::Driver;
use programs::{Program, Unavailable};

/// The check against one SDK, and what it came to; nothing where there is no SDK.
fn check(snapshot: &str, program: Result<Program, Unavailable>) -> String {
    let program = match program {
        Ok(program) => program,
        Err(unavailable) => {
            unavailable.tell();
            return String::new();
        }
    };
    let name = program.name;
    let mut driver = Driver::start(program);
    let (table, captured) = cases::run(&mut driver);
    insta::assert_snapshot!(snapshot, table);

    for request in &captured {
        resigned::check(request);
    }
    let count = captured.len();
    format!("{name}\n{table}{count} requests signed anew by arrears, each to the same signature")
}

#[test]
fn the_go_runtime_of_the_vendor_and_the_double_understand_each_other() {
    println!("{}", check("go", programs::go()));
}

#[test]
fn the_python_sdk_of_the_vendor_and_the_double_understand_each_other() {
    println!("{}", check("python", programs::python()));
}
