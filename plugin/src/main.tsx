// The plugin's one script: places its parts on Stash's pages. Everything heavy comes later.

import { FacesTab } from "./ui/FacesTab.tsx";
import { FindPerformer } from "./ui/FindPerformer.tsx";
import { Text } from "./ui/language.tsx";
import { LaterPage } from "./ui/LaterPage.tsx";
import { stopOnLeave } from "./ui/runs.ts";
import { Face, Toolbars } from "./ui/toolbars.tsx";
import { api, Link, Nav, pluginId, React, Tab } from "./stash/api.ts";
import { configure } from "./engine/session.ts";

interface Children { children?: React.ReactNode; scene?: { id: string } }
type Performer = Parameters<typeof FindPerformer>[0]["performer"];

const FACES = "rollcall-faces";

api.patch.before<Children>("ScenePage.Tabs", (props) => [{
  ...props,
  children: <>{props.children}<Nav.Item><Nav.Link eventKey={FACES}><Text of="faces" /></Nav.Link></Nav.Item></>,
}]);

api.patch.before<Children>("ScenePage.TabContent", (props) => [{
  ...props,
  children: (
    <>
      {props.children}
      {props.scene && <Tab.Pane eventKey={FACES} mountOnEnter><FacesTab key={props.scene.id} place={`scene:${props.scene.id}`} /></Tab.Pane>}
    </>
  ),
}]);

api.patch.after<{ performer?: Performer }>("PerformerDetailsPanel", ({ performer }, _, result) => (
  <>{result}{performer && <FindPerformer key={performer.id} performer={performer} />}</>
));

api.patch.before<Children>("MainNavBar.UtilityItems", (props) => [{
  ...props,
  children: <><Link to={`/plugin/${pluginId}`} className="nav-utility btn btn-minimal minimal" title="Rollcall"><Face /></Link><Toolbars />{props.children}</>,
}]);

api.register.route(`/plugin/${pluginId}`, LaterPage);

stopOnLeave();
// The language of the tab's own name; without an answer it stays English.
void configure().catch(() => undefined);
