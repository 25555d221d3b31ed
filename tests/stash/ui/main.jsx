// The page of the Stash double.

import "bootstrap/dist/css/bootstrap.min.css";
import "./style.css";
import "./plugin-api.js";

import { ApolloProvider } from "@apollo/client";
import ReactDOM from "react-dom";
import { BrowserRouter } from "react-router-dom";
import { App } from "./app.jsx";
import { basePath } from "./place.js";
import { getClient } from "./stash-service.js";

ReactDOM.render(
  <BrowserRouter basename={basePath}><ApolloProvider client={getClient()}><App /></ApolloProvider></BrowserRouter>,
  document.querySelector("#root"),
);
