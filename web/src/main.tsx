/** The studio page begins here. */
import { render } from "preact";
import { App } from "./parts/app.tsx";
import "./style/index.css";

render(<App />, document.getElementById("root")!);
