// The edit form. As Stash's, it starts anew when the scene it shows changes, whatever was typed, and
// saving REPLACES the performers by those it shows.

import "../performer-select.jsx";

import { useEffect, useState } from "react";
import { Button, Form } from "react-bootstrap";
import { Prompt } from "react-router-dom";
import { GQL } from "../gql.js";
import { components } from "../patch.js";
import { useToast } from "../toast.jsx";

const ids = (performers) => performers.map(({ id }) => id);

export function SceneEdit({ scene }) {
  const [draft, setDraft] = useState(scene);
  useEffect(() => setDraft(scene), [scene]);
  const [update] = GQL.useSceneUpdateMutation();
  const toast = useToast();
  const dirty = draft.title !== scene.title || ids(draft.performers).join() !== ids(scene.performers).join();
  const save = async () => {
    const input = { id: scene.id, title: draft.title, performer_ids: ids(draft.performers) };
    try {
      await update({ variables: { input } });
      toast.success("Updated scene");
    } catch (error) { toast.error(error); }
  };
  const Select = components.PerformerSelect;
  return (
    <div id="scene-edit-details">
      <Prompt when={dirty} message="Unsaved changes. Are you sure you want to leave?" />
      <Form noValidate onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <div className="edit-buttons-container">
          <Button className="edit-button" variant="primary" type="submit" disabled={!dirty}>Save</Button>
        </div>
        <Form.Group controlId="title">
          <Form.Label>Title</Form.Label>
          <Form.Control value={draft.title ?? ""} onChange={({ currentTarget }) => setDraft({ ...draft, title: currentTarget.value })} />
        </Form.Group>
        <Form.Group controlId="performers">
          <Form.Label>Performers</Form.Label>
          <Select isMulti values={draft.performers} inputId="performers" onSelect={(performers) => setDraft({ ...draft, performers })} />
        </Form.Group>
      </Form>
    </div>
  );
}
