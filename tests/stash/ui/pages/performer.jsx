// The page of one performer.

import { Button } from "react-bootstrap";
import { useParams } from "react-router-dom";
import { GQL } from "../gql.js";
import { patchComponent } from "../patch.js";
import { Loaded } from "./detail.jsx";

const PerformerDetailsPanel = patchComponent("PerformerDetailsPanel", ({ performer }) => (
  <div className="detail-group">
    <div className="detail-item gender"><span className="detail-item-title">Gender</span> <span className="detail-item-value">{performer.gender}</span></div>
    <div className="detail-item stash_ids">
      <span className="detail-item-title">StashIDs</span>
      <ul className="pl-0">
        {performer.stash_ids.map(({ endpoint, stash_id: id }) => <li key={id} data-endpoint={endpoint}>{id}</li>)}
      </ul>
    </div>
  </div>
));

const PerformerPage = patchComponent("PerformerPage", ({ performer }) => (
  <div id="performer-page" className="row">
    <div className="detail-header">
      <div className="detail-container d-flex">
        <div className="detail-header-image mr-3"><img className="performer" alt={performer.name} height="300" src={performer.image_path} /></div>
        <div>
          <h2 className="performer-name">{performer.name}</h2>
          <PerformerDetailsPanel performer={performer} collapsed={false} fullWidth={false} />
          <div className="details-edit"><Button variant="primary" className="edit">Edit</Button></div>
        </div>
      </div>
    </div>
  </div>
));

export default function Performer() {
  const { id } = useParams();
  const result = GQL.useFindPerformerQuery({ variables: { id } });
  return <Loaded result={result} item={result.data?.findPerformer}>{(performer) => <PerformerPage key={performer.id} performer={performer} />}</Loaded>;
}
