// Cards of lists.

import { Card } from "react-bootstrap";
import { Link } from "react-router-dom";
import { patchComponent } from "./patch.js";

function card(kind) {
  return ({ to, picture, title, children }) => (
    <Card className={`${kind}-card grid-card`}>
      <Link to={to} className={`${kind}-card-link`}><img className={`${kind}-card-image`} alt="" loading="lazy" src={picture} /></Link>
      <div className="card-section"><Link to={to}><h5 className="card-section-title">{title}</h5></Link>{children}</div>
    </Card>
  );
}

const names = (performers) => performers.map(({ name }) => name).join(", ");
const Scene = card("scene"), Image = card("image"), Gallery = card("gallery"), Performer = card("performer");

export const SceneCard = patchComponent("SceneCard", ({ scene }) => (
  <Scene to={`/scenes/${scene.id}`} picture={scene.paths.screenshot} title={scene.title || scene.files[0]?.basename}>
    <p>{names(scene.performers)}</p>
  </Scene>
));
export const ImageCard = patchComponent("ImageCard", ({ image }) => (
  <Image to={`/images/${image.id}`} picture={image.paths.thumbnail} title={image.title || `Image ${image.id}`}>
    <p>{names(image.performers)}</p>
  </Image>
));
export const GalleryCard = patchComponent("GalleryCard", ({ gallery }) => (
  <Gallery to={`/galleries/${gallery.id}`} picture={gallery.cover?.paths.thumbnail ?? "data:,"} title={gallery.title || `Gallery ${gallery.id}`}>
    <p>{gallery.image_count} images</p>
  </Gallery>
));
export const PerformerCard = patchComponent("PerformerCard", ({ performer }) => (
  <Performer to={`/performers/${performer.id}`} picture={performer.image_path} title={performer.name}>
    <p>{performer.scene_count} scenes</p>
  </Performer>
));
