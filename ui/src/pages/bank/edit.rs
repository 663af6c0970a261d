//! What can be done with an experience: pin it, keep it from being used, note a lesson, take it out.

use lore_core::{BankId, Experience, ExperienceId};
use lore_protocol::{BankRequest, Request};

use crate::command::{Action, Command};
use crate::context::Ctx;

/// Where the error of a change is shown.
pub(super) fn place(id: &ExperienceId) -> String {
    format!("bank/edit/{id}")
}

/// Where a removal is noted until it is done.
pub(super) fn remove_place(id: &ExperienceId) -> String {
    format!("bank/remove/{id}")
}

/// Pins or unpins.
pub(super) fn pin(ctx: &Ctx<'_>, bank: &BankId, id: &ExperienceId, pinned: bool) {
    let request = |pinned| {
        Request::Bank(BankRequest::Pin {
            bank: bank.clone(),
            id: id.clone(),
            pinned,
        })
    };
    let message = if pinned { "Pinned" } else { "Unpinned" };
    let action = Action::new(place(id), request(pinned))
        .say(message)
        .undo_with(request(!pinned));
    ctx.act(action);
}

/// Keeps an experience from being retrieved, or allows it again.
pub(super) fn never_use(ctx: &Ctx<'_>, bank: &BankId, id: &ExperienceId, never_use: bool) {
    let request = |never_use| {
        Request::Bank(BankRequest::NeverUse {
            bank: bank.clone(),
            id: id.clone(),
            never_use,
        })
    };
    let message = if never_use {
        "No agent will be shown this again"
    } else {
        "Agents may be shown this again"
    };
    let action = Action::new(place(id), request(never_use))
        .say(message)
        .undo_with(request(!never_use));
    ctx.act(action);
}

/// Notes what an experience teaches; an empty note takes it away.
pub(super) fn set_lesson(ctx: &Ctx<'_>, bank: &BankId, experience: &Experience, lesson: &str) {
    let request = |lesson: &str| {
        Request::Bank(BankRequest::SetLesson {
            bank: bank.clone(),
            id: experience.id.clone(),
            lesson: lesson.to_owned(),
        })
    };
    let action = Action::new(place(&experience.id), request(lesson))
        .say("The lesson was saved")
        .undo_with(request(&experience.lesson));
    ctx.act(action);
}

/// Takes an experience out, once the time to think again is over.
pub(super) fn remove(ctx: &Ctx<'_>, bank: &BankId, id: &ExperienceId) {
    let request = Request::Bank(BankRequest::Remove {
        bank: bank.clone(),
        ids: vec![id.clone()],
    });
    ctx.send(Command::ActLater {
        action: Box::new(Action::new(remove_place(id), request)),
        message: "The experience will be removed from the bank".to_owned(),
    });
}
