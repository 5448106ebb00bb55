import { Client, credentials } from "@grpc/grpc-js";
import type { LogError } from "../../../src/common/errors.ts";
import { type AdminService, adminService, type Method } from "../../../src/wire/protos.ts";
import { fromStatus } from "../../../src/wire/status.ts";

type RequestOf<M> = M extends Method<infer Request, infer _> ? Request : never;
type ResponseOf<M> = M extends Method<infer _, infer Response> ? Response : never;

/** `balsa.admin.v1.Admin` as any gRPC client sees it: no hints followed. */
export class RawAdminClient implements Disposable {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), {
      "grpc.enable_retries": 0,
      "grpc.use_local_subchannel_pool": 1,
    });
  }

  /** The answer, or the LogError that the status means. */
  call<Name extends keyof AdminService>(
    name: Name,
    request: RequestOf<AdminService[Name]>,
  ): Promise<ResponseOf<AdminService[Name]> | LogError> {
    const method = adminService()[name] as unknown as Method<object, object>;
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        (failed, response) => {
          if (failed === null) resolve(response as ResponseOf<AdminService[Name]>);
          else resolve(fromStatus(failed, false));
        },
      );
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
