//! One call: what is asked of whom, and what is made of its answer.

use crate::{
    api::RegionId,
    ecs::{
        credentials::keys::Keys,
        error::{self, Class, Error, one_line},
        http::Answer,
        wire::Parameters,
    },
    telemetry::EcsAction,
};

/// The code by which the service says that a rehearsed call would have been answered.
const REHEARSED: &str = "DryRunOperation";

/// What is asked.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) action: EcsAction,
    pub(super) region: &'a RegionId,
    pub(super) parameters: Parameters<'a>,
}

/// What was answered to it, and by which keys it was signed.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) answer: &'a Answer,
    pub(super) keys: &'a Keys,
}

impl<'a> Call<'a> {
    /// A call that names its region.
    pub(super) fn of_region(
        action: EcsAction,
        region: &'a RegionId,
        mut parameters: Parameters<'a>,
    ) -> Self {
        parameters.push(("RegionId", region.as_str().into()));
        Self {
            action,
            region,
            parameters,
        }
    }

    /// An error that was found here.
    pub(super) fn error(&self, class: Class, message: impl AsRef<str>) -> Error {
        let message = one_line(message.as_ref());
        Error::own(class, self.action, self.region, message)
    }

    /// There is nothing to sign with; `problem` has a line's length for each source, and the last ones count as well.
    pub(super) fn no_credentials(&self, problem: String) -> Error {
        Error {
            message: problem,
            ..self.error(Class::NoCredentials, "")
        }
    }
}

impl Told<'_> {
    /// Reads a success.
    pub(super) fn facts<T>(
        &self,
        read: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<T, Error> {
        match self.answer.status {
            200 => read(&self.answer.body).map_err(|problem| self.malformed(&problem)),
            _ => Err(self.refusal()),
        }
    }

    /// Reads what comes of a rehearsal, which is never a success.
    pub(super) fn rehearsal(&self) -> Result<(), Error> {
        if self.answer.status == 200 {
            return Err(self.malformed("what answers there did not honour DryRun"));
        }
        let refusal = self.refusal();
        match refusal.has_code(REHEARSED) {
            true => Ok(()),
            false => Err(refusal),
        }
    }

    fn refusal(&self) -> Error {
        let Self { call, answer, keys } = self;
        error::refusal(call.action.name(), call.region.as_str(), answer, keys)
    }

    fn malformed(&self, problem: &str) -> Error {
        Error {
            request_id: error::request_id(self.answer),
            ..self.call.error(Class::Malformed, problem)
        }
    }
}
