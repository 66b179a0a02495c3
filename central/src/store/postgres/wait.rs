//! Waiting, on the caller's own thread, for what another thread's connection answers.
//!
//! tokio's own waiting refuses threads that are tokio's; this one may be used anywhere, for what is waited for needs no
//! runtime of the caller's.

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::task::Wake;
use std::thread::Thread;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits until a future is there.
pub(super) fn until<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}

/// All of some futures, begun one after another in their order.
pub(super) async fn all<T>(futures: Vec<Pin<Box<dyn Future<Output = T> + Send>>>) -> Vec<T> {
    let mut running: Vec<Result<T, _>> = futures.into_iter().map(Err).collect();
    poll_fn(|context| {
        let mut is_ready = true;
        for slot in &mut running {
            if let Err(future) = slot {
                match future.as_mut().poll(context) {
                    Poll::Ready(value) => *slot = Ok(value),
                    Poll::Pending => is_ready = false,
                }
            }
        }
        if is_ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(Result::ok).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn futures_begin_in_their_order_and_all_are_waited_for() {
        let (begun, order) = mpsc::channel();
        let (first, second) = (tokio::sync::oneshot::channel::<u8>(), tokio::sync::oneshot::channel::<u8>());
        let future = |n: u8, answer: tokio::sync::oneshot::Receiver<u8>| {
            let begun = begun.clone();
            let future: Pin<Box<dyn Future<Output = u8> + Send>> = Box::pin(async move {
                begun.send(n).unwrap();
                answer.await.unwrap()
            });
            future
        };
        let futures = vec![future(1, first.1), future(2, second.1)];
        let thread = std::thread::spawn(move || until(all(futures)));
        assert_eq!((order.recv(), order.recv()), (Ok(1), Ok(2)));
        second.0.send(20).unwrap();
        first.0.send(10).unwrap();
        assert_eq!(thread.join().unwrap(), [10, 20]);
    }
}
