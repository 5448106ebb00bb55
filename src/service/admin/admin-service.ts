import type { Server } from "@grpc/grpc-js";
import { adminService } from "../../wire/protos.ts";
import type { ServiceContext } from "../service-context.ts";
import { unary } from "../unary.ts";
import * as answers from "./answers.ts";

/** `balsa.admin.v1.Admin` on the clients' port. */
export function addAdminService(server: Server, context: ServiceContext): void {
  server.addService(
    { ...adminService() },
    {
      GetSettings: unary(context, answers.getSettings),
      ChangeSettings: unary(context, answers.changeSettings),
      Trim: unary(context, answers.trim),
      TriggerSnapshot: unary(context, answers.triggerSnapshot),
      Roll: unary(context, answers.roll),
      Segments: unary(context, answers.segments),
      Snapshots: unary(context, answers.snapshots),
    },
  );
}
