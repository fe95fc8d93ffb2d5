import { livesOn } from "./lives-on.ts";

livesOn("no primary key");
