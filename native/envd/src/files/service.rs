//! The file service on the wire.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use connectrpc::{RequestContext, Response, ServiceRequest, ServiceResult, ServiceStream};

use super::identity::act;
use super::watch::{self, Tree, Wish};
use super::{FilesError, operations, path};
use crate::agent::Agent;
use crate::http::basic::basic_user;
use crate::http::keepalive;
use crate::proto::filesystem::{
    CreateWatcherRequest, CreateWatcherResponse, Filesystem, GetWatcherEventsRequest,
    GetWatcherEventsResponse, ListDirRequest, ListDirResponse, MakeDirRequest, MakeDirResponse,
    MoveRequest, MoveResponse, RemoveRequest, RemoveResponse, RemoveWatcherRequest,
    RemoveWatcherResponse, StatRequest, StatResponse, WatchDirRequest, WatchDirResponse,
};
use crate::users::User;

/// Between two keep-alive events, unless the caller asks for another time.
const KEEPALIVE: Duration = Duration::from_secs(90);

/// The service over the files of one capsule.
pub struct FileService(pub Arc<Agent>);

impl FileService {
    /// Who asks, and for which path.
    fn place(&self, ctx: &RequestContext, path: &str) -> Result<(User, PathBuf), FilesError> {
        let user = self.0.user(basic_user(ctx.headers()))?;
        let path = path::absolute(path, &user)?;
        Ok((user, path))
    }
}

#[allow(refining_impl_trait)] // the concrete types are what the dispatcher needs
impl Filesystem for FileService {
    async fn stat(
        &self,
        ctx: RequestContext,
        request: ServiceRequest<'_, StatRequest>,
    ) -> ServiceResult<StatResponse> {
        let (user, path) = self.place(&ctx, &request.to_owned_message().path)?;
        let entry = act(&user, move || operations::stat(&path)).await?;
        Response::ok(StatResponse {
            entry: entry.into(),
            ..Default::default()
        })
    }

    async fn make_dir(
        &self,
        ctx: RequestContext,
        request: ServiceRequest<'_, MakeDirRequest>,
    ) -> ServiceResult<MakeDirResponse> {
        let (user, path) = self.place(&ctx, &request.to_owned_message().path)?;
        let entry = act(&user, move || operations::make_dir(&path)).await?;
        Response::ok(MakeDirResponse {
            entry: entry.into(),
            ..Default::default()
        })
    }

    async fn r#move(
        &self,
        ctx: RequestContext,
        request: ServiceRequest<'_, MoveRequest>,
    ) -> ServiceResult<MoveResponse> {
        let request = request.to_owned_message();
        let (user, source) = self.place(&ctx, &request.source)?;
        let destination = path::absolute(&request.destination, &user)?;
        let entry = act(&user, move || operations::rename(&source, &destination)).await?;
        Response::ok(MoveResponse {
            entry: entry.into(),
            ..Default::default()
        })
    }

    async fn list_dir(
        &self,
        ctx: RequestContext,
        request: ServiceRequest<'_, ListDirRequest>,
    ) -> ServiceResult<ListDirResponse> {
        let request = request.to_owned_message();
        let (user, path) = self.place(&ctx, &request.path)?;
        let entries = act(&user, move || operations::list(&path, request.depth)).await?;
        Response::ok(ListDirResponse {
            entries,
            ..Default::default()
        })
    }

    async fn remove(
        &self,
        ctx: RequestContext,
        request: ServiceRequest<'_, RemoveRequest>,
    ) -> ServiceResult<RemoveResponse> {
        let (user, path) = self.place(&ctx, &request.to_owned_message().path)?;
        act(&user, move || operations::remove(&path)).await?;
        Response::ok(RemoveResponse::default())
    }

    async fn watch_dir(
        &self,
        ctx: RequestContext,
        request: ServiceRequest<'_, WatchDirRequest>,
    ) -> ServiceResult<ServiceStream<WatchDirResponse>> {
        let request = request.to_owned_message();
        let (user, path) = self.place(&ctx, &request.path)?;
        let wish = Wish {
            recursive: request.recursive,
            entries: request.include_entry,
            network: request.allow_network_mounts,
        };
        let tree = Tree::watch(user, path, wish).await?;
        let interval = keepalive::interval(ctx.headers()).unwrap_or(KEEPALIVE);
        Response::stream_ok(watch::events(tree, interval))
    }

    async fn create_watcher(
        &self,
        ctx: RequestContext,
        request: ServiceRequest<'_, CreateWatcherRequest>,
    ) -> ServiceResult<CreateWatcherResponse> {
        let request = request.to_owned_message();
        let (user, path) = self.place(&ctx, &request.path)?;
        let wish = Wish {
            recursive: request.recursive,
            entries: request.include_entry,
            network: request.allow_network_mounts,
        };
        let tree = Tree::watch(user, path, wish).await?;
        Response::ok(CreateWatcherResponse {
            watcher_id: self.0.watchers.keep(tree)?,
            ..Default::default()
        })
    }

    async fn get_watcher_events(
        &self,
        _ctx: RequestContext,
        request: ServiceRequest<'_, GetWatcherEventsRequest>,
    ) -> ServiceResult<GetWatcherEventsResponse> {
        let id = request.to_owned_message().watcher_id;
        Response::ok(GetWatcherEventsResponse {
            events: self.0.watchers.fetch(&id)?,
            ..Default::default()
        })
    }

    async fn remove_watcher(
        &self,
        _ctx: RequestContext,
        request: ServiceRequest<'_, RemoveWatcherRequest>,
    ) -> ServiceResult<RemoveWatcherResponse> {
        self.0
            .watchers
            .remove(&request.to_owned_message().watcher_id)?;
        Response::ok(RemoveWatcherResponse::default())
    }
}
