import { livesOn } from "./lives-on.ts";

livesOn("inherited");
