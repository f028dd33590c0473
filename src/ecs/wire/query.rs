//! Which instances or disks are asked for.

use std::borrow::Cow;

/// The service takes no more ids at once.
pub(in crate::ecs) const MOST_IDS: usize = crate::decision::IDS_PER_CALL;

/// Which instances or disks are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Query<'a> {
    /// All that are locked for a reason, page by page.
    Locked {
        /// The reason.
        reason: &'a str,
        /// From the page before.
        next_token: Option<&'a str>,
    },
    /// Those with these ids, of which there may be [`MOST_IDS`].
    Ids(&'a [String]),
}

/// The parameters of a call.
pub(in crate::ecs) type Parameters<'a> = Vec<(&'static str, Cow<'a, str>)>;

impl<'a> Query<'a> {
    /// The parameters that ask for this, in pages as large as `page_size`.
    pub(in crate::ecs) fn parameters(
        self,
        ids_parameter: &'static str,
        page_size: &'static str,
    ) -> Parameters<'a> {
        let mut parameters = vec![("MaxResults", page_size.into())];
        match self {
            Self::Locked { reason, next_token } => {
                parameters.push(("LockReason", reason.into()));
                parameters.extend(next_token.map(|token| ("NextToken", token.into())));
            }
            Self::Ids(ids) => {
                parameters.push((
                    ids_parameter,
                    serde_json::Value::from(ids).to_string().into(),
                ));
            }
        }
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_one_json_array_whatever_is_in_them() {
        let ids = ["i-1".to_owned(), "\"]&RegionId=x".to_owned()];
        assert_eq!(
            Query::Ids(&ids).parameters("InstanceIds", "100"),
            [
                ("MaxResults", Cow::from("100")),
                ("InstanceIds", r#"["i-1","\"]&RegionId=x"]"#.into()),
            ]
        );
    }

    #[test]
    fn the_first_page_is_asked_for_without_a_token() {
        let locked = |next_token| {
            let reason = "financial";
            Query::Locked { reason, next_token }.parameters("DiskIds", "500")
        };
        let first = [
            ("MaxResults", Cow::from("500")),
            ("LockReason", "financial".into()),
        ];
        assert_eq!(locked(None), first);
        let mut next = first.to_vec();
        next.push(("NextToken", "t".into()));
        assert_eq!(locked(Some("t")), next);
    }
}
