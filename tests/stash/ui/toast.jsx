// `PluginApi.hooks.useToast`.

import { createContext, useCallback, useContext, useMemo, useState } from "react";
import { Toast } from "react-bootstrap";

const Toasts = createContext(null);

export function useToast() {
  const add = useContext(Toasts);
  return useMemo(() => ({
    toast: add,
    success: (content) => add({ content, variant: "success" }),
    error: (error) => add({ content: error?.message ?? String(error), variant: "danger" }),
  }), [add]);
}

let number = 0;

export function ToastProvider({ children }) {
  const [shown, setShown] = useState([]);
  const add = useCallback((toast) => setShown((before) => [...before, { variant: "success", ...toast, id: ++number }]), []);
  return (
    <Toasts.Provider value={add}>
      {children}
      <div className="toast-container">
        {shown.map(({ id, content, variant, delay = 3000 }) => (
          <Toast key={id} autohide delay={delay} className={variant}
            onClose={() => setShown((before) => before.filter((one) => one.id !== id))}>
            <Toast.Header><span className="mr-auto">{content}</span></Toast.Header>
          </Toast>
        ))}
      </div>
    </Toasts.Provider>
  );
}
