//! Dialogs: a window over the page that wants an answer first.
//!
//! egui keeps the pointer and the keys from what is behind a dialog, but still tells screen readers of it.
//! [`Behind`] hides that from them.

use std::collections::{BTreeMap, BTreeSet};

use egui::accesskit::{Node, NodeId, Role, TreeUpdate};
use egui::{Context, FullOutput, Modal, ModalResponse, Plugin, Ui};

/// Shows a dialog that [`Behind`] knows as one.
pub(crate) fn show<T>(
    modal: Modal,
    ctx: &Context,
    content: impl FnOnce(&mut Ui) -> T,
) -> ModalResponse<T> {
    modal.show(ctx, |ui| {
        let top = ui.memory(egui::Memory::top_modal_layer);
        if top == Some(ui.layer_id()) {
            ui.ctx()
                .accesskit_node_builder(ui.unique_id(), Node::set_modal);
        }
        content(ui)
    })
}

/// The plugin that hides from screen readers what is behind the topmost dialog. Plugins that read the
/// tree come after it.
#[derive(Debug)]
pub(crate) struct Behind;

impl Plugin for Behind {
    fn debug_name(&self) -> &'static str {
        "behind dialogs"
    }

    fn output_hook(&mut self, _ctx: &Context, output: &mut FullOutput) {
        if let Some(update) = &mut output.platform_output.accesskit_update {
            hide(update);
        }
    }
}

/// Hides whatever branches off the way from the root to the dialog. What a dialog opens over itself stays.
fn hide(update: &mut TreeUpdate) {
    let nodes = &update.nodes;
    let Some((dialog, _)) = nodes.iter().find(|(_, node)| node.is_modal()) else {
        return;
    };
    let parents: BTreeMap<NodeId, NodeId> = nodes
        .iter()
        .flat_map(|(id, node)| node.children().iter().map(|child| (*child, *id)))
        .collect();
    let above: BTreeSet<NodeId> = std::iter::successors(parents.get(dialog), |id| parents.get(*id))
        .copied()
        .collect();
    let dialog = *dialog;
    for (id, node) in &mut update.nodes {
        let branches_off = parents.get(id).is_some_and(|parent| above.contains(parent))
            && !above.contains(id)
            && *id != dialog;
        if branches_off && !matches!(node.role(), Role::Dialog | Role::Menu | Role::Tooltip) {
            node.set_hidden();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::accesskit::TreeId;

    fn node(role: Role, children: &[u64]) -> Node {
        let mut node = Node::new(role);
        node.set_children(children.iter().map(|id| NodeId(*id)).collect::<Vec<_>>());
        node
    }

    #[test]
    fn only_the_dialog_and_what_it_opened_are_told() {
        let mut content = node(Role::GenericContainer, &[5]);
        content.set_modal();
        let mut update = TreeUpdate {
            nodes: vec![
                (NodeId(0), node(Role::Window, &[1, 2, 6])),
                (NodeId(1), node(Role::GenericContainer, &[7])),
                (NodeId(2), node(Role::Dialog, &[3, 4])),
                (NodeId(3), node(Role::GenericContainer, &[])),
                (NodeId(4), content),
                (NodeId(5), node(Role::Button, &[])),
                (NodeId(6), node(Role::Menu, &[])),
                (NodeId(7), node(Role::Button, &[])),
            ],
            tree: None,
            tree_id: TreeId::ROOT,
            focus: NodeId(0),
        };
        hide(&mut update);
        let hidden: Vec<u64> = update
            .nodes
            .iter()
            .filter(|(_, node)| node.is_hidden())
            .map(|(id, _)| id.0)
            .collect();
        // What is in a hidden thing is hidden with it.
        assert_eq!(hidden, [1, 3]);
    }
}
