// The page of one gallery. Nothing of it can be patched.

import { Button, Dropdown } from "react-bootstrap";
import { useParams } from "react-router-dom";
import { ImageCard } from "../cards.jsx";
import { GQL } from "../gql.js";
import { Loaded, Operations, PerformerLinks, Toolbar } from "./detail.jsx";

function Images({ gallery }) {
  const filter = { per_page: 40 };
  const { data } = GQL.useFindImagesQuery({
    variables: { filter, image_filter: { galleries: { value: [gallery.id], modifier: "INCLUDES" } } },
  });
  return <div className="grid">{(data?.findImages.images ?? []).map((image) => <ImageCard key={image.id} image={image} />)}</div>;
}

export default function Gallery() {
  const { id } = useParams();
  const result = GQL.useFindGalleryQuery({ variables: { id } });
  return (
    <Loaded result={result} item={result.data?.findGallery}>{(gallery) => (
      <div className="detail-page row-gallery">
        <div className="gallery-tabs tabs-side">
          <h3 className="gallery-header">{gallery.title || `Gallery ${gallery.id}`}</h3>
          <Toolbar kind="gallery">
            <Button className="minimal" title="Organized">▣</Button>
            <Operations><Dropdown.Item className="bg-secondary text-white">Rescan</Dropdown.Item></Operations>
          </Toolbar>
          <h6>Performers</h6>
          <PerformerLinks performers={gallery.performers} />
        </div>
        <div className="gallery-container picture-side"><Images gallery={gallery} /></div>
      </div>
    )}</Loaded>
  );
}
