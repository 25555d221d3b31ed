// The frame around all pages: navigation, routes, toasts, plugins.

import { FontAwesomeIcon } from "@fortawesome/react-fontawesome";
import { lazy, Suspense, useEffect } from "react";
import { Button, Nav, Navbar, Spinner } from "react-bootstrap";
import { IntlProvider } from "react-intl";
import { NavLink, Route, Switch, useLocation } from "react-router-dom";
import { Event } from "./event.js";
import { patchComponent, patchContainer } from "./patch.js";
import { pages } from "./plugin-api.js";
import { PluginsLoader } from "./plugins-loader.jsx";
import { SettingsProvider, useSettings } from "./settings-context.jsx";
import { ToastProvider } from "./toast.jsx";

export const Icon = patchComponent("Icon", ({ icon, className, color }) => <FontAwesomeIcon icon={icon} className={`fa-icon ${className ?? ""}`} color={color} />);
export const LoadingIndicator = patchComponent("LoadingIndicator", ({ message = "Loading…" }) => (
  <div className="LoadingIndicator"><Spinner animation="border" role="status" /><h4 className="LoadingIndicator-message">{message}</h4></div>
));
const MenuItems = patchContainer("MainNavBar.MenuItems");
const UtilityItems = patchContainer("MainNavBar.UtilityItems");
const PluginRoutes = patchContainer("PluginRoutes");

const ROUTES = [
  ["/scenes/:id", "Scene"], ["/scenes", "Scenes"], ["/images/:id", "Image"], ["/images", "Images"],
  ["/galleries/:id", "Gallery"], ["/galleries", "Galleries"], ["/performers/:id", "Performer"], ["/performers", "Performers"],
  ["/settings", "Settings"],
].map(([path, page]) => [path, lazy(pages[page])]);

function MainNavBar() {
  const link = (path, name) => (
    <Nav.Link key={path} as="div" className="col-4 col-sm-3 col-md-2 col-lg-auto"><NavLink to={path}>{name}</NavLink></Nav.Link>
  );
  return (
    <Navbar fixed="top" variant="dark" bg="dark" expand="xl" className="top-nav">
      <NavLink className="navbar-brand" to="/" exact>Stash</NavLink>
      <Nav className="mr-auto flex-row">
        <MenuItems>{[link("/scenes", "Scenes"), link("/images", "Images"), link("/galleries", "Galleries"), link("/performers", "Performers")]}</MenuItems>
      </Nav>
      <div className="navbar-buttons d-flex">
        <UtilityItems>
          <NavLink className="nav-utility" to="/settings?tab=plugins"><Button className="minimal d-flex align-items-center" title="Settings">Settings</Button></NavLink>
        </UtilityItems>
      </div>
    </Navbar>
  );
}

function Pages() {
  const location = useLocation();
  useEffect(() => { Event.dispatch("location", "", { location }); }, [location]);
  return (
    <>
      <MainNavBar />
      <div className="main container-fluid">
        <Suspense fallback={<LoadingIndicator />}>
          <Switch>
            <Route exact path="/"><h2>Stash</h2></Route>
            {ROUTES.map(([path, Page]) => <Route key={path} path={path} component={Page} />)}
            <PluginRoutes />
          </Switch>
        </Suspense>
      </div>
    </>
  );
}

function Localised({ children }) {
  const { interface: settings, loading, error } = useSettings();
  if (error) return <div className="error-message">{error.message}</div>;
  if (loading) return <LoadingIndicator />;
  return <IntlProvider locale={settings.language ?? "en-GB"} messages={{}} onError={() => {}}>{children}</IntlProvider>;
}

export const App = patchComponent("App", () => (
  <SettingsProvider><Localised><ToastProvider><PluginsLoader><Pages /></PluginsLoader></ToastProvider></Localised></SettingsProvider>
));
