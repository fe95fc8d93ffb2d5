import { livesOn } from "./lives-on.ts";

livesOn("plain");
