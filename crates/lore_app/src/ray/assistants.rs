//! Those who compute for a training besides the worker that leads it: further jobs of the cluster.
//!
//! None of them is needed. What goes wrong with one stands in the job's log, and the training goes on.

use anyhow::Result;

use super::client::{Client, Trouble};
use super::place::Place;
use super::{Errand, Submission, Told};

impl Errand {
    /// Hands over those that the cluster does not know yet. The job itself is at work by then: an assistant that
    /// came first would take the place that it waits for.
    pub(super) fn send_assistants(&self, client: &Client, submission: &Submission) {
        let names = submission.assistants();
        let sent = names
            .iter()
            .try_for_each(|name| self.send_assistant(client, submission, name));
        if let Err(error) = sent {
            // This is no event of the worker's: those are counted.
            self.tell(Told::Line(format!(
                "Not all of the {} workers could be started on {:?}; the training goes on with those that are \
                 there. {error:#}",
                names.len() + 1,
                self.cluster.name
            )));
        }
    }

    fn send_assistant(&self, client: &Client, submission: &Submission, name: &str) -> Result<()> {
        let told = |trouble: Trouble| client.error(&trouble);
        if client.job(name).map_err(told)?.is_some() {
            return Ok(());
        }
        let place = Place::of(&self.dir, &self.cluster)?;
        let job = place.path(&self.dir, &self.folder.join("job.json"))?;
        let options = [("--assist", job)];
        let submit = self.describe(&place, &submission.package, name.to_owned(), &options);
        Ok(client.submit(&submit).map_err(told)?)
    }

    /// Ends those that are left.
    pub(super) fn end_assistants(&self, client: &Client, submission: &Submission) {
        for name in submission.assistants() {
            let ended = match client.job(&name) {
                Ok(Some(details)) if !details.status.is_over() => client.stop(&name),
                Ok(_) => Ok(()),
                Err(trouble) => Err(trouble),
            };
            if let Err(trouble) = ended {
                // It ends by itself once it does not find its training any more.
                log::info!("{}: {trouble:?}", self.name());
            }
        }
    }
}
