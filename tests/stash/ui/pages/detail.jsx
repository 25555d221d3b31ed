// What the pages of one scene, image or gallery have in common.

import { faEllipsisV } from "@fortawesome/free-solid-svg-icons";
import { Dropdown } from "react-bootstrap";
import { Link } from "react-router-dom";
import { Icon, LoadingIndicator } from "../app.jsx";
import { patchComponent } from "../patch.js";

export const PerformerLinks = ({ performers }) => (
  <div className="performer-links">
    {performers.map(({ id, name, image_path: picture }) => (
      <Link key={id} className="performer-tag" to={`/performers/${id}`} data-performer={id}><img alt="" height="80" src={picture} /> {name}</Link>
    ))}
  </div>
);

export const TagLink = patchComponent("TagLink", ({ tag }) => <span className="tag-item badge badge-secondary">{tag.name}</span>);

/** The menu of a toolbar: what it holds is on the page only once it has been opened. */
export function Operations({ children }) {
  return (
    <Dropdown>
      <Dropdown.Toggle variant="secondary" id="operation-menu" className="minimal" title="Operations"><Icon icon={faEllipsisV} /></Dropdown.Toggle>
      <Dropdown.Menu className="bg-secondary text-white">{children}</Dropdown.Menu>
    </Dropdown>
  );
}

/** A toolbar with a group on either side. */
export function Toolbar({ kind, children }) {
  return (
    <div className={`${kind}-toolbar`}>
      <span className={`${kind}-toolbar-group`}><span className="rating-stars">☆☆☆☆☆</span></span>
      <span className={`${kind}-toolbar-group`}>{children}</span>
    </div>
  );
}

/** Waits for the thing, or says that it is not there. */
export function Loaded({ result, item, children }) {
  if (result.error) return <div className="error-message">{result.error.message}</div>;
  if (item) return children(item);
  return result.loading ? <LoadingIndicator /> : <div className="error-message">Not found</div>;
}
