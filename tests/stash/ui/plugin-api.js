// `window.PluginApi`.

import * as FontAwesomeSolid from "@fortawesome/free-solid-svg-icons";
import * as ReactFontAwesome from "@fortawesome/react-fontawesome";
import * as Apollo from "@apollo/client";
import Mousetrap from "mousetrap";
import MousetrapPause from "mousetrap-pause";
import React from "react";
import * as Bootstrap from "react-bootstrap";
import ReactDOM from "react-dom";
import * as Intl from "react-intl";
import * as ReactRouterDOM from "react-router-dom";
import * as ReactSelect from "react-select";
import { Event } from "./event.js";
import { GQL } from "./gql.js";
import { after, before, components, instead, registerComponent } from "./patch.js";
import { player } from "./player.js";
import { useLightbox, useSpriteInfo } from "./hooks.js";
import { useSettings } from "./settings-context.jsx";
import * as StashService from "./stash-service.js";
import { useToast } from "./toast.jsx";

const loadComponents = (loaders) => Promise.all(loaders.map((load) => load()));

function useLoadComponents(loaders) {
  const [loading, setLoading] = React.useState(true);
  const [first] = React.useState(loaders);
  React.useEffect(() => {
    setLoading(true);
    void loadComponents(first).then(() => setLoading(false));
  }, [first]);
  return loading;
}

const route = (path, component) => before("PluginRoutes", (props) => [{
  children: React.createElement(React.Fragment, null,
    props.children, React.createElement(ReactRouterDOM.Route, { path, component })),
}]);

/** Pages that come when they are first needed; each registers its components then. */
export const pages = {
  Scenes: () => import("./pages/scenes.jsx"),
  Scene: () => import("./pages/scene.jsx"),
  Images: () => import("./pages/images.jsx"),
  Image: () => import("./pages/image.jsx"),
  Galleries: () => import("./pages/galleries.jsx"),
  Gallery: () => import("./pages/gallery.jsx"),
  Performers: () => import("./pages/performers.jsx"),
  Performer: () => import("./pages/performer.jsx"),
  Settings: () => import("./pages/settings.jsx"),
};

window.PluginApi = {
  React, ReactDOM, GQL,
  libraries: {
    ReactRouterDOM, Bootstrap, Apollo, Intl, FontAwesomeSolid, Mousetrap, MousetrapPause, ReactFontAwesome, ReactSelect,
  },
  register: { route, component: registerComponent },
  loadableComponents: {
    ...pages,
    SceneCard: () => import("./cards.jsx"),
    PerformerCard: () => import("./cards.jsx"),
    PerformerSelect: () => import("./performer-select.jsx"),
  },
  components,
  utils: {
    NavUtils: {}, StashService, loadComponents,
    InteractiveUtils: { getPlayer: player, interactiveClientProvider: undefined },
  },
  hooks: {
    useLoadComponents, useSpriteInfo, useToast, useSettings, useLightbox,
    useGalleryLightbox: useLightbox, useInteractive: () => ({ interactive: undefined, state: 0 }),
  },
  patch: { before, instead, after },
  Event,
};
