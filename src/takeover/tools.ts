import { dbmate } from "./dbmate.ts";
import { golangMigrate } from "./golang-migrate.ts";
import { goose } from "./goose.ts";
import { nodePgMigrate } from "./node-pg-migrate.ts";
import { prisma } from "./prisma.ts";
import { supabase } from "./supabase.ts";
import type { Tool } from "./tool.ts";

/** All tools, in the order in which people are told of them. */
export const TOOLS: readonly Tool[] = [nodePgMigrate, golangMigrate, dbmate, goose, supabase, prisma];
