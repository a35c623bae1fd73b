//! The process service on the wire.

use std::sync::Arc;
use std::time::Duration;

use connectrpc::{
    ConnectError, InboundStream, RequestContext, Response, ServiceRequest, ServiceResult,
    ServiceStream,
};
use futures::StreamExt;
use nix::sys::signal::Signal as UnixSignal;

use super::job::Job;
use super::output::Subscriber;
use super::spawn::{Io, Plan};
use super::table::{Selector, Start};
use super::terminal::Size;
use super::{ProcessError, events};
use crate::agent::Agent;
use crate::http::basic::basic_user;
use crate::http::keepalive;
use crate::proto::process::process_input::Input;
use crate::proto::process::process_selector::Selector as WireSelector;
use crate::proto::process::stream_input_request::Event as InputEvent;
use crate::proto::process::{
    CloseStdinRequest, CloseStdinResponse, ConnectRequest, ConnectResponse, ListRequest,
    ListResponse, PTY, Process, ProcessEvent, ProcessInfo, ProcessInput, ProcessSelector,
    SendInputRequest, SendInputResponse, SendSignalRequest, SendSignalResponse, Signal,
    StartRequest, StartResponse, StreamInputRequest, StreamInputResponse, UpdateRequest,
    UpdateResponse,
};
use crate::sync::lock;

/// Between two keep-alive events, unless the caller asks for another time.
const KEEPALIVE: Duration = Duration::from_secs(90);

/// The service over the processes of one agent.
pub struct ProcessService(pub Arc<Agent>);

impl ProcessService {
    /// What a request asks for, with the defaults of the capsule.
    fn plan(&self, ctx: &RequestContext, request: StartRequest) -> Result<Start, ProcessError> {
        let no_process = ProcessError::Invalid("process is missing");
        let config = request.process.into_option().ok_or(no_process)?;
        let user = self.0.user(basic_user(ctx.headers()))?;
        let settings = lock(&self.0.settings);
        let io = match request.pty.into_option() {
            Some(pty) => Io::Terminal(size(&pty)),
            None => Io::Pipes {
                stdin: request.stdin.unwrap_or(true),
            },
        };
        let template_envs = settings.envs.iter().map(|(k, v)| (k.clone(), v.clone()));
        let identity = settings.identity_envs().into_iter();
        let plan = Plan {
            cmd: config.cmd.clone(),
            args: config.args.clone(),
            cwd: config.cwd.clone(),
            default_cwd: settings.default_workdir.clone(),
            default_envs: template_envs
                .chain(identity.map(|(k, v)| (k.to_owned(), v)))
                .collect(),
            envs: config.envs.clone().into_iter().collect(),
            user,
            io,
        };
        Ok(Start {
            plan,
            tag: request.tag.filter(|tag| !tag.is_empty()),
            config,
            deadline: ctx.deadline(),
        })
    }
}

#[allow(refining_impl_trait)] // the concrete types are what the dispatcher needs
impl Process for ProcessService {
    async fn list(
        &self,
        _ctx: RequestContext,
        _request: ServiceRequest<'_, ListRequest>,
    ) -> ServiceResult<ListResponse> {
        let info = |job: Arc<Job>| ProcessInfo {
            config: job.config.clone().into(),
            pid: job.pid,
            tag: job.tag.clone(),
            ..Default::default()
        };
        Response::ok(ListResponse {
            processes: self.0.processes.running().into_iter().map(info).collect(),
            ..Default::default()
        })
    }

    async fn connect(
        &self,
        ctx: RequestContext,
        request: ServiceRequest<'_, ConnectRequest>,
    ) -> ServiceResult<ServiceStream<ConnectResponse>> {
        let selector = selector(request.to_owned_message().process.into_option())?;
        let job = self.0.processes.recall(&selector)?;
        let subscriber = job.output.subscribe();
        stream(&ctx, job, subscriber, |event| ConnectResponse {
            event: event.into(),
            ..Default::default()
        })
    }

    async fn start(
        &self,
        ctx: RequestContext,
        request: ServiceRequest<'_, StartRequest>,
    ) -> ServiceResult<ServiceStream<StartResponse>> {
        let start = self.plan(&ctx, request.to_owned_message())?;
        let (job, subscriber) = self.0.processes.start(start)?;
        stream(&ctx, job, subscriber, |event| StartResponse {
            event: event.into(),
            ..Default::default()
        })
    }

    async fn update(
        &self,
        _ctx: RequestContext,
        request: ServiceRequest<'_, UpdateRequest>,
    ) -> ServiceResult<UpdateResponse> {
        let request = request.to_owned_message();
        let selector = selector(request.process.into_option())?;
        let job = self.0.processes.find(&selector)?;
        if let Some(pty) = request.pty.as_option() {
            job.resize(size(pty))?;
        }
        Response::ok(UpdateResponse::default())
    }

    async fn stream_input(
        &self,
        _ctx: RequestContext,
        mut requests: InboundStream<StreamInputRequest>,
    ) -> ServiceResult<StreamInputResponse> {
        let mut job: Option<Arc<Job>> = None;
        while let Some(message) = requests.next().await {
            match message?.to_owned_message().event {
                Some(InputEvent::Start(start)) => {
                    let selector = selector(start.process.into_option())?;
                    job = Some(self.0.processes.find(&selector)?);
                }
                Some(InputEvent::Data(data)) => {
                    let early = ProcessError::Invalid("input before the start event");
                    send(job.as_ref().ok_or(early)?, data.input.into_option()).await?;
                }
                Some(InputEvent::Keepalive(_)) | None => {}
            }
        }
        Response::ok(StreamInputResponse::default())
    }

    async fn send_input(
        &self,
        _ctx: RequestContext,
        request: ServiceRequest<'_, SendInputRequest>,
    ) -> ServiceResult<SendInputResponse> {
        let request = request.to_owned_message();
        let selector = selector(request.process.into_option())?;
        let job = self.0.processes.find(&selector)?;
        send(&job, request.input.into_option()).await?;
        Response::ok(SendInputResponse::default())
    }

    async fn send_signal(
        &self,
        _ctx: RequestContext,
        request: ServiceRequest<'_, SendSignalRequest>,
    ) -> ServiceResult<SendSignalResponse> {
        let request = request.to_owned_message();
        let signal = match request.signal.as_known() {
            Some(Signal::SIGNAL_SIGKILL) => UnixSignal::SIGKILL,
            Some(Signal::SIGNAL_SIGTERM) => UnixSignal::SIGTERM,
            _ => return Err(ProcessError::Invalid("signal is neither SIGKILL nor SIGTERM").into()),
        };
        let selector = selector(request.process.into_option())?;
        self.0.processes.signal(&selector, signal)?;
        Response::ok(SendSignalResponse::default())
    }

    async fn close_stdin(
        &self,
        _ctx: RequestContext,
        request: ServiceRequest<'_, CloseStdinRequest>,
    ) -> ServiceResult<CloseStdinResponse> {
        let selector = selector(request.to_owned_message().process.into_option())?;
        self.0.processes.find(&selector)?.close_stdin().await?;
        Response::ok(CloseStdinResponse::default())
    }
}

fn stream<R: Send + 'static>(
    ctx: &RequestContext,
    job: Arc<Job>,
    subscriber: Subscriber,
    wrap: fn(ProcessEvent) -> R,
) -> ServiceResult<ServiceStream<R>> {
    let keepalive = keepalive::interval(ctx.headers()).unwrap_or(KEEPALIVE);
    let events = events::of(job, subscriber, keepalive);
    Response::stream_ok(events.map(move |event| event.map(wrap)))
}

async fn send(job: &Job, input: Option<ProcessInput>) -> Result<(), ProcessError> {
    match input.and_then(|input| input.input) {
        Some(Input::Stdin(bytes)) => job.write_stdin(&bytes).await,
        Some(Input::Pty(bytes)) => job.write_terminal(&bytes).await,
        None => Err(ProcessError::Invalid("input is missing")),
    }
}

fn selector(wire: Option<ProcessSelector>) -> Result<Selector, ConnectError> {
    match wire.and_then(|selector| selector.selector) {
        Some(WireSelector::Pid(pid)) => Ok(Selector::Pid(pid)),
        Some(WireSelector::Tag(tag)) => Ok(Selector::Tag(tag)),
        None => Err(ProcessError::Invalid("the process selector is missing").into()),
    }
}

fn size(pty: &PTY) -> Size {
    match pty.size.as_option() {
        Some(size) => Size::new(size.cols, size.rows),
        None => Size::new(0, 0),
    }
}
