// The page of one image. Neither the page nor its toolbar can be patched.

import { Button, Dropdown, Nav, Tab } from "react-bootstrap";
import { useParams } from "react-router-dom";
import { GQL } from "../gql.js";
import { patchComponent } from "../patch.js";
import { Loaded, Operations, PerformerLinks, Toolbar } from "./detail.jsx";

const ImageDetailPanel = patchComponent("ImageDetailPanel", ({ image }) => (
  <div className="image-details"><h6>Performers</h6><PerformerLinks performers={image.performers} /></div>
));

export default function Image() {
  const { id } = useParams();
  const result = GQL.useFindImageQuery({ variables: { id } });
  return (
    <Loaded result={result} item={result.data?.findImage}>{(image) => (
      <div className="detail-page row-image">
        <div className="image-tabs tabs-side">
          <h3 className="image-header">{image.title || `Image ${image.id}`}</h3>
          <Toolbar kind="image">
            <Button className="minimal" title="Organized">▣</Button>
            <Operations><Dropdown.Item className="bg-secondary text-white">Rescan</Dropdown.Item></Operations>
          </Toolbar>
          <Tab.Container defaultActiveKey="image-details-panel">
            <Nav variant="tabs"><Nav.Item><Nav.Link eventKey="image-details-panel">Details</Nav.Link></Nav.Item></Nav>
            <Tab.Content><Tab.Pane eventKey="image-details-panel"><ImageDetailPanel image={image} /></Tab.Pane></Tab.Content>
          </Tab.Container>
        </div>
        <div className="image-container picture-side"><img className="m-sm-auto no-gutter image-image" alt="" src={image.paths.image} /></div>
      </div>
    )}</Loaded>
  );
}
