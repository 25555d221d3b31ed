// The page of one scene.

import { useEffect, useRef, useState } from "react";
import { Button, Dropdown, Nav, Tab } from "react-bootstrap";
import { useParams } from "react-router-dom";
import { GQL } from "../gql.js";
import { patchComponent, patchContainer } from "../patch.js";
import { setPlayer } from "../player.js";
import { Loaded, Operations, PerformerLinks, TagLink, Toolbar } from "./detail.jsx";
import { SceneEdit } from "./scene-edit.jsx";

const Tabs = patchContainer("ScenePage.Tabs");
const TabContent = patchContainer("ScenePage.TabContent");

const ScenePlayer = patchComponent("ScenePlayer", ({ scene }) => {
  const video = useRef(null);
  useEffect(() => {
    const shown = video.current;
    setPlayer(shown);
    return () => {
      setPlayer(null);
      // A video that is gone but still loads is kept by the browser, and the page around it.
      shown.removeAttribute("src");
      shown.load();
    };
  }, [scene.id]);
  return (
    <div id="VideoJsPlayer" className="video-js">
      <video key={scene.id} ref={video} className="vjs-tech" controls muted preload="metadata"
        poster={scene.paths.screenshot} src={scene.sceneStreams?.[0]?.url} />
    </div>
  );
});

const SceneFileInfoPanel = patchComponent("SceneFileInfoPanel", ({ scene }) => (
  <dl className="scene-file-info details-list">
    <dt>Path</dt><dd>{scene.files[0]?.path}</dd>
    <dt>Duration</dt><dd>{scene.files[0]?.duration}</dd>
  </dl>
));

function Details({ scene }) {
  return (
    <div className="scene-details">
      <p>{scene.details}</p>
      {scene.tags.map((tag) => <TagLink key={tag.id} tag={tag} />)}
      <h6>Performers</h6>
      <PerformerLinks performers={scene.performers} />
    </div>
  );
}

const ScenePage = patchComponent("ScenePage", ({ scene }) => {
  const [tab, setTab] = useState("scene-details-panel");
  const [organise] = GQL.useSceneUpdateMutation();
  const props = { scene };
  return (
    <div className="detail-page row-scene">
      <div className="scene-tabs tabs-side">
        <h3 className="scene-header">{scene.title || scene.files[0]?.basename}</h3>
        <Toolbar kind="scene">
          <Button className={`minimal organized-button ${scene.organized ? "organized" : "not-organized"}`} title="Organized"
            onClick={() => organise({ variables: { input: { id: scene.id, organized: !scene.organized } } })}>▣</Button>
          <Operations>
            <Dropdown.Item className="bg-secondary text-white">Rescan</Dropdown.Item>
            <Dropdown.Item className="bg-secondary text-white">Generate…</Dropdown.Item>
          </Operations>
        </Toolbar>
        <Tab.Container activeKey={tab} onSelect={(key) => key && setTab(key)}>
          <Nav variant="tabs" className="mr-auto">
            <Tabs {...props}>
              <Nav.Item><Nav.Link eventKey="scene-details-panel">Details</Nav.Link></Nav.Item>
              <Nav.Item><Nav.Link eventKey="scene-file-info-panel">File Info</Nav.Link></Nav.Item>
              <Nav.Item><Nav.Link eventKey="scene-edit-panel">Edit</Nav.Link></Nav.Item>
            </Tabs>
          </Nav>
          <Tab.Content>
            <TabContent {...props}>
              <Tab.Pane eventKey="scene-details-panel"><Details scene={scene} /></Tab.Pane>
              <Tab.Pane className="file-info-panel" eventKey="scene-file-info-panel"><SceneFileInfoPanel scene={scene} /></Tab.Pane>
              <Tab.Pane eventKey="scene-edit-panel" mountOnEnter><SceneEdit scene={scene} /></Tab.Pane>
            </TabContent>
          </Tab.Content>
        </Tab.Container>
      </div>
      <div className="scene-player-container picture-side"><ScenePlayer scene={scene} /></div>
    </div>
  );
});

export default function Scene() {
  const { id } = useParams();
  const result = GQL.useFindSceneQuery({ variables: { id } });
  return <Loaded result={result} item={result.data?.findScene}>{(scene) => <ScenePage key={scene.id} scene={scene} />}</Loaded>;
}
