//! From an `AccessKit` tree to a list in reading order. Pure.

use std::collections::BTreeMap;

use egui::accesskit::{Node, NodeId, TreeUpdate};

use super::Thing;

/// Things in the order of the tree; each knows the nearest thing it is in.
pub(super) fn things(update: &TreeUpdate) -> Vec<Thing> {
    let nodes: BTreeMap<NodeId, &Node> =
        update.nodes.iter().map(|(id, node)| (*id, node)).collect();
    let root = match &update.tree {
        Some(tree) => Some(tree.root),
        // Without a root the first node is as good as any.
        None => update.nodes.first().map(|(id, _)| *id),
    };
    let mut list = Vec::new();
    if let Some(root) = root {
        walk(&nodes, root, "", update.focus, &mut list);
    }
    list
}

fn walk(
    nodes: &BTreeMap<NodeId, &Node>,
    id: NodeId,
    parent: &str,
    focus: NodeId,
    list: &mut Vec<Thing>,
) {
    let Some(node) = nodes.get(&id) else { return };
    if node.is_hidden() {
        return;
    }
    let own = Thing::of(id.0, node).map(|thing| Thing {
        parent: parent.to_owned(),
        focused: id == focus,
        ..thing
    });
    let inside = own.as_ref().map_or(parent, |thing| &thing.id).to_owned();
    list.extend(own);
    for child in node.children() {
        walk(nodes, *child, &inside, focus, list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::accesskit::{Rect, Role, Toggled, TreeId};

    fn node(role: Role, name: &str, children: &[u64]) -> Node {
        let mut node = Node::new(role);
        if !name.is_empty() {
            node.set_label(name);
        }
        node.set_children(children.iter().map(|id| NodeId(*id)).collect::<Vec<_>>());
        node
    }

    fn update() -> TreeUpdate {
        let mut switch = node(Role::Switch, "Log axis", &[]);
        switch.set_toggled(Toggled::True);
        switch.set_bounds(Rect::new(10.2, 20.0, 110.0, 52.0));
        let mut label = Node::new(Role::Label);
        label.set_value("Loss");
        TreeUpdate {
            nodes: vec![
                (NodeId(1), node(Role::GenericContainer, "", &[2, 3])),
                (NodeId(2), node(Role::Window, "Commands", &[4])),
                (NodeId(3), label),
                (NodeId(4), switch),
            ],
            tree: None,
            tree_id: TreeId::ROOT,
            focus: NodeId(4),
        }
    }

    #[test]
    fn things_come_in_reading_order_and_know_where_they_are() {
        let list = things(&update());
        let seen: Vec<(&str, &str, &str)> = list
            .iter()
            .map(|thing| (thing.role, thing.name.as_str(), thing.parent.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                ("group", "Commands", ""),
                ("switch", "Log axis", "2"),
                ("note", "Loss", "")
            ]
        );
        assert_eq!(list[1].on, Some(true));
        assert!(list[1].focused);
        assert_eq!(list[1].place, [10, 20, 100, 32]);
    }

    #[test]
    fn a_secret_is_told_as_dots() {
        let mut secret = node(Role::PasswordInput, "Token", &[]);
        secret.set_value("sesame");
        let mut update = update();
        update.nodes[3] = (NodeId(4), secret);
        let list = things(&update);
        let field = list.iter().find(|thing| thing.name == "Token").unwrap();
        assert_eq!((field.role, field.value.as_str()), ("textbox", "••••••"));
    }

    #[test]
    fn what_says_nothing_is_left_out_of_the_text() {
        let text = serde_json::to_string(&things(&update())[2]).unwrap();
        assert_eq!(
            text,
            r#"{"id":"3","role":"note","name":"Loss","place":[0,0,0,0]}"#
        );
    }
}
